#include "services/cli/demo.hpp"

#include <algorithm>

namespace qyzmet::cli {

namespace {

using Key = signing::DemoRole;

constexpr DemoOffice k_offices[] = {
    {.code = "7112",
     .place = "city",
     .kk = "Астана қаласы Есіл ауданының қорғаныс істері жөніндегі бөлімі",
     .ru = "Отдел по делам обороны района Есиль города Астаны",
     .en = "Defence department of Esil district, Astana",
     .address_kk = "Астана қ., Мәңгілік Ел даңғылы, 4",
     .address_ru = "г. Астана, проспект Мангилик Ел, 4",
     .address_en = "4 Mangilik El avenue, Astana",
     .phone = "+77172000001",
     .higher_body_kk = "Астана қаласының қорғаныс істері жөніндегі департаменті",
     .higher_body_ru = "Департамент по делам обороны города Астаны",
     .superior_email = "astana@department.example",
     .bin = "120340000014"},
    {.code = "1170",
     .place = "district",
     .kk = "Бурабай ауданының қорғаныс істері жөніндегі бөлімі",
     .ru = "Отдел по делам обороны Бурабайского района",
     .en = "Defence department of Burabay district",
     .address_kk = "Ақмола облысы, Щучинск қ., Абылай хан көшесі, 30",
     .address_ru = "Акмолинская область, г. Щучинск, улица Абылай хана, 30",
     .address_en = "30 Abylai Khan street, Shchuchinsk, Akmola region",
     .phone = "+77163600002",
     .higher_body_kk = "Ақмола облысының қорғаныс істері жөніндегі департаменті",
     .higher_body_ru = "Департамент по делам обороны Акмолинской области",
     .superior_email = "akmola@department.example",
     .bin = "120340000024"},
};

constexpr DemoBlanks k_blanks[] = {
    {.office = "7112", .kind = "rank_and_file", .series = "АА"},
    {.office = "7112", .kind = "officer", .series = "ОФ"},
    {.office = "1170", .kind = "rank_and_file", .series = "АБ"},
    {.office = "1170", .kind = "officer", .series = "ОХ"},
};

constexpr DemoBranch k_branches[] = {
    {.code = "esil-1",
     .office = "7112",
     .is_duty = true,
     .kk = "«Есіл-1» кезекші бөлімі",
     .ru = "Дежурный отдел «Есіл-1»",
     .en = "Duty department Esil-1",
     .address_kk = "Астана қ., Мәңгілік Ел даңғылы, 30",
     .address_ru = "г. Астана, проспект Мангилик Ел, 30",
     .address_en = "30 Mangilik El avenue, Astana",
     .hours = "09:00–20:00; 09:00–13:00 (6)"},
    {.code = "esil-2",
     .office = "7112",
     .is_duty = false,
     .kk = "«Есіл-2» бөлімі",
     .ru = "Отдел «Есіл-2»",
     .en = "Department Esil-2",
     .address_kk = "Астана қ., Тұран даңғылы, 12",
     .address_ru = "г. Астана, проспект Туран, 12",
     .address_en = "12 Turan avenue, Astana",
     .hours = "09:00–18:00"},
    {.code = "burabay-1",
     .office = "1170",
     .is_duty = false,
     .kk = "«Бурабай-1» бөлімі",
     .ru = "Отдел «Бурабай-1»",
     .en = "Department Burabay-1",
     .address_kk = "Ақмола облысы, Щучинск қ., Кенесары көшесі, 7",
     .address_ru = "Акмолинская область, г. Щучинск, улица Кенесары, 7",
     .address_en = "7 Kenesary street, Shchuchinsk, Akmola region",
     .hours = "09:00–18:00"},
};

constexpr DemoHuman k_humans[] = {
    {"arman", Key::citizen, "Үлгіұлы", "Арман", "Серікұлы", "850315300019", "+77010000001", "", "",
     "", ""},
    {"bauyrzhan", Key::citizen, "Сынақов", "Бауыржан", "Әлиұлы", "900721300028", "+77010000002", "",
     "", "", ""},
    {"yermek", Key::citizen, "Тестов", "Ермек", "Қайратұлы", "781104300039", "+77010000003", "", "",
     "", ""},
    {"aigul", Key::citizen, "Мысалова", "Айгүл", "Ғанқызы", "820406300048", "+77010000004", "", "",
     "", ""},
    {"dias", Key::citizen, "Босатылов", "Диас", "Маратұлы", "020501500169", "+77010000007", "", "",
     "", ""},
    {"madina", Key::citizen, "Дәрігерова", "Мәдина", "Һұсайынқызы", "950310400188", "+77010000008",
     "", "", "", ""},
    {"expired", Key::citizen, "Өткенов", "Мұрат", "Нұрұлы", "930915300058", "+77010000005", "", "",
     "", "", true, false},
    {"revoked", Key::citizen, "Жойылов", "Ілияс", "Һакімұлы", "750122300069", "+77010000006", "",
     "", "", "", false, true},
    {"registrar", Key::employee, "Тіркеуова", "Сәуле", "Асқарқызы", "861028400119", "+77010000011",
     "registrar", "7112", "тіркеуші", "регистратор"},
    {"executor", Key::employee, "Орындаушиев", "Нұрлан", "Болатұлы", "880602300074", "+77010000012",
     "executor", "7112", "бас маман", "главный специалист"},
    {"head", Key::head, "Басшыбаев", "Қанат", "Ерланұлы", "800515300087", "+77010000013", "head",
     "7112", "бөлім бастығы", "начальник отдела"},
    {"registrar-burabay", Key::employee, "Тізімова", "Әсем", "Оразқызы", "810706400152",
     "+77010000021", "registrar", "1170", "тіркеуші", "регистратор"},
    {"executor-burabay", Key::employee, "Қараушин", "Данияр", "Талғатұлы", "760819300109",
     "+77010000022", "executor", "1170", "бас маман", "главный специалист"},
    {"head-burabay", Key::head, "Төрағаев", "Өмір", "Ұланұлы", "830325300129", "+77010000023",
     "head", "1170", "бөлім бастығы", "начальник отдела"},
    {"operator", Key::employee, "Берушина", "Гүлнар", "Хамитқызы", "840211400098", "+77010000031",
     "branch_operator", "esil-1", "оператор", "оператор"},
    {"operator-burabay", Key::employee, "Қабылдаева", "Жанна", "Рашидқызы", "891217400141",
     "+77010000032", "branch_operator", "burabay-1", "оператор", "оператор"},
    {"admin", Key::employee, "Баптаушиев", "Тимур", "Маратұлы", "770412300138", "+77010000041",
     "admin", "", "әкімші", "администратор"},
};

constexpr std::string_view k_state_corporation_bin = "160440000015";

signing::DemoPerson key_of(DemoHuman const& human) {
  signing::DemoPerson out{.id = std::string{human.id},
                          .role = human.key,
                          .surname = std::string{human.surname},
                          .given = std::string{human.given},
                          .patronymic = std::string{human.patronymic},
                          .iin = std::string{human.iin},
                          .organisation = {},
                          .bin = {},
                          .expired = human.expired,
                          .revoked = human.revoked};
  if (human.role.empty()) return out;
  auto const office = std::ranges::find(k_offices, human.unit, &DemoOffice::code);
  bool const at_office = office != std::end(k_offices);
  out.organisation = at_office ? office->kk : "«Азаматтарға арналған үкімет» МК";
  out.bin = at_office ? office->bin : k_state_corporation_bin;
  return out;
}

}  // namespace

std::span<DemoOffice const> demo_offices() {
  return k_offices;
}
std::span<DemoBlanks const> demo_blanks() {
  return k_blanks;
}
std::span<DemoBranch const> demo_branches() {
  return k_branches;
}
std::span<DemoHuman const> demo_humans() {
  return k_humans;
}

signing::DemoPkiSpec demo_pki_spec(Instant now) {
  signing::DemoPkiSpec out;
  out.now = now;
  for (auto const& human : k_humans) out.people.push_back(key_of(human));
  out.people.push_back({.id = std::string{k_demo_seal},
                        .role = Key::office_seal,
                        .surname = "АЖ \"Qyzmet\"",
                        .given = {},
                        .patronymic = {},
                        .iin = {},
                        .organisation = std::string{k_offices[0].kk},
                        .bin = std::string{k_offices[0].bin}});
  return out;
}

}  // namespace qyzmet::cli
