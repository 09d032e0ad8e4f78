// `qyzmet demo population`.
#include "services/cli/population.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <random>
#include <set>

#include "db/clock.hpp"
#include "db/database.hpp"
#include "db/migrate.hpp"
#include "db/vault.hpp"
#include "engine/base/check.hpp"
#include "engine/terms.hpp"
#include "services/cli/configuration.hpp"
#include "services/cli/places.hpp"
#include "services/cli/progress.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace {

using namespace std::chrono_literals;

constexpr Date k_first_birthday{std::chrono::local_days{1958y / 1 / 1}};
constexpr unsigned k_days_of_birth = 19'000;  // until the beginning of 2010
constexpr int k_attached_at = 17, k_discharged_at = 20, k_qualified_at = 22;

// Out of a hundred.
constexpr unsigned k_men = 75, k_women_with_speciality = 40, k_served = 65, k_officers = 9,
                   k_special = 3, k_unregistered = 4;

constexpr std::array<std::string_view, 24> k_surnames{
    "Ахметов",  "Омаров",     "Ибраев",      "Серіков",    "Қасымов",  "Жұмабеков",
    "Оспанов",  "Мұсаев",     "Әбдіқалықов", "Тілеубаев",  "Нұрланов", "Садықов",
    "Байжанов", "Қалиев",     "Есенов",      "Төлегенов",  "Искаков",  "Рахимов",
    "Досанов",  "Бекмұратов", "Шаймерденов", "Алтынбеков", "Сәрсенов", "Молдабеков"};
constexpr std::array<std::string_view, 20> k_men_names{
    "Айдос",  "Бекзат", "Данияр", "Ерлан",  "Жандос", "Ильяс",  "Қайрат",
    "Марат",  "Нұрлан", "Олжас",  "Рустам", "Санжар", "Талғат", "Ұлан",
    "Шыңғыс", "Әлихан", "Асқар",  "Дәурен", "Мирас",  "Тимур"};
constexpr std::array<std::string_view, 16> k_women_names{
    "Айгерім", "Ботагөз", "Гүлнар", "Дана",  "Жанар",   "Зарина", "Қарлығаш", "Ләззат",
    "Мәдина",  "Назерке", "Раушан", "Сәуле", "Томирис", "Ұлжан",  "Шолпан",   "Әсел"};
constexpr std::array<std::string_view, 7> k_specialities{
    "medicine", "pharmacy", "veterinary", "communications", "computing", "geodesy", "translation"};
constexpr std::array<std::string_view, 20> k_series{"АА", "АБ", "АВ", "АГ", "АД", "АЕ", "АЖ",
                                                    "АЗ", "АИ", "АК", "АЛ", "АМ", "АН", "АО",
                                                    "АП", "АР", "АС", "АТ", "АУ", "АФ"};

/// Chance that is the same with every library.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_{seed} {}
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  bool percent(unsigned share) { return below(100) < share; }
  template <std::size_t N>
  std::string_view of(std::array<std::string_view, N> const& list) {
    return list[below(N)];
  }

 private:
  std::mt19937_64 engine_;
};

struct Human {
  bool male = false;
  Date born;
  std::string iin;
};

/// The number with its check digit; "" where none fits.
std::string checked_iin(std::string digits) {
  digits.push_back('0');
  for (char last = '0'; last <= '9'; ++last) {
    digits.back() = last;
    if (engine::valid_iin(digits)) return digits;
  }
  return {};
}

Human make_human(Dice& dice, std::set<std::string>& taken) {
  Human out{.male = dice.percent(k_men),
            .born = k_first_birthday + std::chrono::days{dice.below(k_days_of_birth)},
            .iin = {}};
  auto const iso = to_iso(out.born);
  int const century = iso.starts_with("20") ? 5 : 3;
  auto const head = iso.substr(2, 2) + iso.substr(5, 2) + iso.substr(8, 2) +
                    std::to_string(century + (out.male ? 0 : 1));
  while (out.iin.empty() || !taken.insert(out.iin).second) {
    auto serial = std::to_string(10'000 + dice.below(10'000)).substr(1);
    out.iin = checked_iin(head + serial);
  }
  return out;
}

std::string name_of(Dice& dice, bool male) {
  auto surname = std::string{dice.of(k_surnames)};
  if (!male) surname += "а";
  auto const given = male ? dice.of(k_men_names) : dice.of(k_women_names);
  return surname + " " + std::string{given} + " " + std::string{dice.of(k_men_names)} +
         (male ? "ұлы" : "қызы");
}

/// One human before the tables of service 78.
class Standing {
 public:
  Standing(engine::Package const& package, engine::Calendar const& calendar, Human const& human,
           Date today)
      : package_{package}, calendar_{calendar}, human_{human}, today_{today} {}

  std::string ask(std::string_view table, engine::Context values, std::string_view output) const {
    auto const* const found = package_.decision(table);
    check(found != nullptr, "the package of service 78 has its tables");
    values["sex"] = human_.male ? "male" : "female";
    values["age"] = age();
    return found->choose(output, values, calendar_);
  }
  int age() const { return engine::full_years(human_.born, today_); }
  bool is_subject(bool speciality) const {
    auto const said = ask("subject",
                          {{"citizen", true},
                           {"speciality", speciality},
                           {"in_prison", false},
                           {"abroad", false},
                           {"serving", false},
                           {"past_limit", false},
                           {"registered", false},
                           {"birthday", engine::birthday(human_.born, age()) == today_}},
                          "result");
    return said == "subject" || said == "automatic";
  }
  /// The birthday with that number, today at the latest.
  Date at_age(int years) const { return std::min(engine::birthday(human_.born, years), today_); }

 private:
  engine::Package const& package_;
  engine::Calendar const& calendar_;
  Human const& human_;
  Date today_;
};

std::string composition_of(Dice& dice) {
  if (dice.percent(k_officers)) return "officer";
  return dice.percent(k_special) ? "special" : "ranks";
}

/// What the registers know; nothing of who is not on one.
void register_human(db::KnownPerson& out, Dice& dice, Standing const& standing, Human const& human,
                    OfficeId office) {
  bool const speciality = !human.male && dice.percent(k_women_with_speciality);
  bool const served = human.male && standing.age() >= k_discharged_at && dice.percent(k_served);
  auto const composition = composition_of(dice);
  auto const profession = std::string{dice.of(k_specialities)};
  bool const overlooked = dice.percent(k_unregistered);
  if (overlooked || !standing.is_subject(speciality)) return;
  auto const kind = standing.ask("kind", {{"term_served", served}}, "kind");
  bool const reservist = kind == "reservist";
  auto const category =
      reservist ? standing.ask("category", {{"composition", composition}}, "category") : "";
  if (category == "removed") return;
  auto const since = standing.at_age(!human.male ? k_qualified_at
                                     : reservist ? k_discharged_at
                                                 : k_attached_at);
  out.registration = {.office = office, .kind = kind, .category = category, .taken_on = since};
  out.facts_from = since;
  out.facts = {{"relation", kind}, {"term_served", served ? "yes" : "no"}};
  if (speciality) out.facts.emplace_back("speciality", profession);
  if (!reservist) return;
  out.facts.emplace_back("composition", composition);
  out.facts.emplace_back("category", category);
  // As unlike as the IINs are, whatever the seed.
  auto const year = (human.iin[0] - '0') * 10 + (human.iin[1] - '0');
  db::MilitaryId id;
  id.series = k_series[std::size_t(year) % k_series.size()];
  id.number = std::to_string(std::size_t(year) / k_series.size()) + human.iin.substr(2, 9);
  id.issued = since;
  out.military_id = std::move(id);
}

}  // namespace

std::vector<db::KnownPerson> populate(engine::Package const& registration,
                                      engine::Calendar const& calendar, Census const& census) {
  check(!census.offices.empty(), "people live where an office is");
  Dice dice{census.seed};
  std::set<std::string> taken;
  std::vector<db::KnownPerson> out;
  out.reserve(std::size_t(census.people));
  for (int number = 0; number < census.people; ++number) {
    auto const human = make_human(dice, taken);
    auto const& office = census.offices[std::size_t(number) % census.offices.size()];
    db::KnownPerson one;
    one.person = {.id = {},
                  .iin = human.iin,
                  .name = name_of(dice, human.male),
                  .phone = "+7700" + std::to_string(1'000'000 + number),
                  .email = "citizen-" + std::to_string(number + 1) + "@example.kz",
                  .address = office.address_kk,
                  .language = dice.percent(70) ? "kk" : "ru"};
    Standing const standing{registration, calendar, human, census.today};
    register_human(one, dice, standing, human, office.id);
    out.push_back(std::move(one));
  }
  return out;
}

namespace {

std::optional<std::uint64_t> number_of(std::string const& text, std::uint64_t max) {
  std::uint64_t value = 0;
  for (char const c : text) {
    if (c < '0' || c > '9' || value > max) return std::nullopt;
    value = value * 10 + std::uint64_t(c - '0');
  }
  return text.empty() || value > max ? std::nullopt : std::optional{value};
}

}  // namespace

int run_demo_population(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--config", "--people", "--seed"}, {});
  if (!options) return wrong_use(options.error());
  auto const people = number_of(options->get("--people", "10000"), k_population_max);
  auto const seed = number_of(options->get("--seed", "1"), 1'000'000'000);
  if (!people || *people == 0) return wrong_use("--people wants a number from 1 to 1000000");
  if (!seed) return wrong_use("--seed wants a number up to 1000000000");
  auto const config = configuration(*options);
  if (!config) return 1;
  db::Connection connection{config->database_url, db::Vault::load(config->vault_key_file)};
  if (db::schema_status(connection).mode != db::Mode::demo)
    return wrong_use("this database was made for production: it takes no demo people");
  Progress progress{"adding", *people};
  auto const places =
      load_places(connection, [&progress](std::size_t) { return !progress.stopped(); });
  auto const package = seeds::package("registration");
  check(package.has_value(), "seed packages are valid");
  auto offices = db::offices(connection);
  std::erase_if(offices, [](db::Office const& office) { return office.above_only; });
  std::ranges::sort(offices, {}, &db::Office::code);
  auto const known = populate(**package, seeds::calendar(),
                              {.people = int(*people),
                               .seed = *seed,
                               .today = legal_date(db::read_clock(connection)),
                               .offices = std::move(offices)});
  auto const loaded =
      progress.stopped() ? 0 : db::load_people(connection, known, [&progress](std::size_t seen) {
        return progress.add(seen);
      });
  std::printf("%zu people, %d offices, %d branches\n", loaded, places.offices, places.branches);
  return progress.stopped() ? k_interrupted : 0;
}

}  // namespace qyzmet::cli
