#pragma once
// Administrators before the API of a whole site: two of them, an office with its branch, and counts
// of the log of acts. One rig for all tests of a suite. Blocking; for the test's own thread.
#include <gtest/gtest.h>

#include "tests/services/api_rig.hpp"
#include "tests/services/applicant.hpp"

namespace qyzmet::tests {

inline db::Grant const k_admin_grant{.role = "admin", .office = {}, .branch = {}};

class ApiAdminRig : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    static int suites = 0;
    begin("api_admin_" + std::to_string(++suites));
    rig().set_clock(*parse_legal_time("2026-12-15T10:00"));
    place_ = make_place(rig());
    first_ = rig().invite("700101300011", "Бірінші Әкімші", {k_admin_grant});
    second_ = rig().invite("700101300022", "Екінші Әкімші", {k_admin_grant});
  }
  ApiAdminRig() {
    admin.enter(first_, k_admin_grant);
    other.enter(second_, k_admin_grant);
  }

  static std::string office() { return std::to_string(place_.office.id.value); }
  static std::string branch() { return std::to_string(place_.branch.id.value); }
  /// One of signing_people() applies for service 77; the number of the case.
  static std::string apply(std::string const& person) {
    auto const guest = invite_signer(rig(), person);
    auto const signing = fill_in(rig(), guest, place_);
    auto const sent = send_signature(rig(), guest, signing, rig().sign(person, signing.xml));
    EXPECT_EQ(sent.status, 303) << sent.body;
    auto const from = std::string_view{"/kk/cabinet/cases/"}.size();
    return sent.location.substr(from, sent.location.rfind('/') - from);
  }
  /// How often an act of that kind stands in the log.
  static std::int64_t acts(std::string const& act) {
    static db::Sql const sql{"api_admin_acts", "select count(*) from act_log where act = $1"};
    return rig().in_database([&](db::Connection& connection) {
      return std::get<0>(*connection.one<std::int64_t>(sql, act));
    });
  }
  /// The item of a list with this value of a member; null when there is none.
  static boost::json::value find(ApiAnswer const& list, std::string_view member,
                                 std::string_view value) {
    for (auto const& item : list.json.at("items").as_array())
      if (item.at(member).as_string() == value) return item;
    return nullptr;
  }

  static inline Place place_;
  static inline Guest first_, second_;
  ApiClient admin{rig()}, other{rig(), "ru"};
};

}  // namespace qyzmet::tests
