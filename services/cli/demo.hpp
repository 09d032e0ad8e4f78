#pragma once
// The people, offices and branches of a demo installation, in one place for the certificate
// authority, the database and the page that introduces them. All of them are invented; the IINs are
// valid numbers of nobody in particular.
#include <span>
#include <string_view>

#include "signing/demo_pki.hpp"

namespace qyzmet::cli {

struct DemoOffice {
  std::string_view code;  // KATO of the district or city district
  std::string_view place;
  std::string_view kk, ru, en;
  std::string_view address_kk, address_ru, address_en;
  std::string_view phone;
  std::string_view higher_body_kk, higher_body_ru;
  std::string_view superior_email;  // of that body, at the simulated mail server
  std::string_view bin;
};

struct DemoBranch {
  std::string_view code, office;
  bool is_duty;
  std::string_view kk, ru, en;
  std::string_view address_kk, address_ru, address_en;
  std::string_view hours;
};

struct DemoHuman {
  std::string_view id;  // of the key: "aibek"
  signing::DemoRole key;
  std::string_view surname, given, patronymic;
  std::string_view iin;
  std::string_view phone;
  std::string_view role;  // of the portal; "" = citizen
  std::string_view unit;  // code of the office or branch
  std::string_view position_kk, position_ru;
  bool expired = false;
  bool revoked = false;
};

/// Blanks of military IDs in the stock of an office, with the numbers 0000001 to 0009999.
struct DemoBlanks {
  std::string_view office, kind, series;
};
std::span<DemoOffice const> demo_offices();
std::span<DemoBlanks const> demo_blanks();
std::span<DemoBranch const> demo_branches();
std::span<DemoHuman const> demo_humans();
/// Key of the office seal in people/ of the demo PKI.
inline constexpr std::string_view k_demo_seal = "office-seal";

/// What `qyzmet demo pki` asks the demo authority for.
signing::DemoPkiSpec demo_pki_spec(Instant now);

}  // namespace qyzmet::cli
