// The documents of services 77, 78 and 79 as PDF, read back with tools that are not ours.
#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <sstream>
#include <thread>

#include "templates/document.hpp"
#include "tests/support/law.hpp"
#include "tests/templates/samples.hpp"

namespace qyzmet::templates {
namespace {

using testing::HasSubstr;
using testing::Not;

namespace json = boost::json;

std::map<std::string, Texts, std::less<>> texts() {
  return {{"kk", {{"document.penalty_ruling", "Әкімшілік жаза туралы қаулының көшірмесі"}}},
          {"ru", {{"document.penalty_ruling", "Копия постановления о наложении взыскания"}}}};
}

std::string render(std::string const& name, json::value const& values,
                   std::string const& service = "military_id") {
  auto const all = service == "military_id" ? texts() : texts_of(service);
  auto const pdf =
      render_pdf({.source = source(name, service), .data = values, .texts = all, .qr = k_qr});
  EXPECT_TRUE(pdf) << name << ": " << (pdf ? "" : pdf.error().text);
  return pdf.value_or("");
}

TEST(Documents, of_service_77_pass_the_deployment_check) {
  for (auto const& name : k_of_77) {
    auto const checked = check_document(source(name));
    EXPECT_TRUE(checked) << name << ":" << checked.error().arguments.at("line") << " "
                         << checked.error().arguments.at("reason");
  }
}

TEST(Documents, place_info_names_branch_address_hours_and_what_to_bring) {
  std::string const bytes = render("place_info", data());
  keep_for_looking("place_info", bytes);
  Paper const paper{bytes};
  std::string const text = paper.text();
  LAW("R77-41");
  EXPECT_THAT(text, HasSubstr("Есіл-1"));
  EXPECT_THAT(text, HasSubstr("Мәңгілік Ел даңғылы, 30"));
  EXPECT_THAT(text, HasSubstr("09:00–20:00"));
  EXPECT_THAT(text, HasSubstr("жеке басыңызды куәландыратын құжат"));
  EXPECT_THAT(text, HasSubstr("документ, удостоверяющий личность"));
  EXPECT_THAT(text, HasSubstr("ескі әскери билеттің түпнұсқасы"));
  EXPECT_THAT(text, HasSubstr("оригинал старого военного билета"));
  EXPECT_THAT(text, HasSubstr("СЫНАҚОВА Мәдина Һұсайынқызы")) << "all Kazakh letters";
  EXPECT_THAT(text, Not(HasSubstr("{{")));
  EXPECT_EQ(pages(paper), 2);
}

TEST(Documents, without_an_old_id_nobody_is_asked_for_one) {
  json::value values = data();
  values.at("case").as_object()["old_id"] = "none";
  Paper const paper{render("place_info", values)};
  EXPECT_THAT(paper.text(), Not(HasSubstr("түпнұсқасы")));
  EXPECT_THAT(paper.text(), Not(HasSubstr("оригинал")));
}

TEST(Documents, hearing_notice_has_decision_grounds_place_time_and_rights) {
  std::string const bytes = render("hearing_notice", data());
  keep_for_looking("hearing_notice", bytes);
  std::string const text = Paper{bytes}.text();
  LAW("R77-34");
  EXPECT_THAT(text, HasSubstr("алдын ала шешім"));
  EXPECT_THAT(text, HasSubstr("предварительное решение об отказе"));
  EXPECT_THAT(text, HasSubstr("Несоответствие документов требованиям"));
  EXPECT_THAT(text, HasSubstr("вторник, 15 декабря 2026 г., 11:00"));
  EXPECT_THAT(text, HasSubstr("2026 ж. 15 желтоқсан, сейсенбі, 11:00"));
  EXPECT_THAT(text, HasSubstr("видеоконференция"));
  EXPECT_THAT(text, Not(HasSubstr("личное присутствие")));
  EXPECT_THAT(text, HasSubstr("кабинет № 12"));
  LAW("R77-37");
  EXPECT_THAT(text, HasSubstr("двух рабочих дней"));
  EXPECT_THAT(text, HasSubstr("екі жұмыс күні"));
}

TEST(Documents, refusal_has_what_article_80_asks_for) {
  std::string const bytes = render("refusal", data());
  keep_for_looking("refusal", bytes);
  std::string const text = Paper{bytes}.text();
  LAW("R-GEN-15");
  EXPECT_THAT(text, HasSubstr("дәлелді жауап"));
  EXPECT_THAT(text, HasSubstr("Несоответствие документов требованиям"));
  LAW("R-GEN-16");
  EXPECT_THAT(text, HasSubstr("Отдел по делам обороны района Бурабай"));
  EXPECT_THAT(text, HasSubstr("Үлгібаев Ә.Ғ."));
  EXPECT_THAT(text, HasSubstr("17 декабря 2026 года"));
  EXPECT_THAT(text, HasSubstr("СЫНАҚОВА Мәдина Һұсайынқызы"));
  EXPECT_THAT(text, HasSubstr("Постановление не подписано должностным лицом"));
  EXPECT_THAT(text, HasSubstr("Департамент по делам обороны Акмолинской области"));
  EXPECT_THAT(text, HasSubstr("трёх месяцев"));
  EXPECT_THAT(text, HasSubstr("үш ай"));
  EXPECT_THAT(text, HasSubstr("не явился"));
}

TEST(Documents, who_is_not_on_the_register_is_shown_the_way_there) {
  auto values = data();
  for (std::string const name : {"hearing_notice", "refusal"}) {
    std::string const other = Paper{render(name, values)}.text();
    EXPECT_THAT(other, Not(HasSubstr("«Постановка на воинский учёт»"))) << name;
    EXPECT_THAT(other, Not(HasSubstr("«Әскери есепке қою»"))) << name;
  }
  values.as_object()["ground"].as_object()["code"] = "G3";
  for (std::string const name : {"hearing_notice", "refusal"}) {
    std::string const bytes = render(name, values);
    keep_for_looking(name + "_unregistered", bytes);
    std::string const text = Paper{bytes}.text();
    LAW("E-16");
    EXPECT_THAT(text, HasSubstr("«Постановка на воинский учёт» (Правила, пункт 78)")) << name;
    EXPECT_THAT(text, HasSubstr("«Әскери есепке қою» қызметіне жаңа өтініш")) << name;
  }
}

TEST(Documents, application_and_receipt_show_their_fields) {
  std::string const application = render("application", data());
  std::string const receipt = render("receipt", data());
  keep_for_looking("application", application);
  keep_for_looking("receipt", receipt);
  std::string const text = Paper{application}.text();
  EXPECT_THAT(text, HasSubstr("Копия постановления о наложении взыскания"));
  EXPECT_THAT(text, HasSubstr("Әкімшілік жаза туралы қаулының көшірмесі"));
  EXPECT_THAT(text, Not(HasSubstr("Электронная почта"))) << "a field without text is left out";
  LAW("R-GEN-30");
  std::string const shown = Paper{receipt}.text();
  EXPECT_THAT(shown, HasSubstr("77-2026-004218"));
  EXPECT_THAT(shown, HasSubstr("четверг, 10 декабря 2026 г., 17:59"));
  EXPECT_THAT(shown, HasSubstr("заполняется при регистрации"));
  auto accepted = data();
  accepted.as_object()["registrar"] = {
      {"name", "Қабылдаушы Ә.Ғ."},
      {"position", {{"kk", "Тіркеуші маман"}, {"ru", "Специалист по регистрации"}}}};
  std::string const complete = Paper{render("receipt", accepted)}.text();
  EXPECT_THAT(complete, HasSubstr("Қабылдаушы Ә.Ғ."));
  EXPECT_THAT(complete, HasSubstr("Тіркеуші маман"));
  EXPECT_THAT(complete, HasSubstr("Специалист по регистрации"));
  EXPECT_THAT(complete, Not(HasSubstr("заполняется при регистрации")));
  EXPECT_THAT(shown, HasSubstr("60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"));
  EXPECT_THAT(shown, HasSubstr("№ 1204 открытого журнала qyzmet.example"));
}

// ---- Service 78

TEST(Documents, what_goes_to_the_branch_has_its_registry_and_its_act) {
  auto const registry = render("delivery_registry", at_the_branch("accepted"));
  keep_for_looking("delivery_registry", registry);
  auto const said = Paper{registry}.text();
  for (auto const* word : {"Ж-17", "Есіл-1", "АБ 0001204", "СЫНАҚОВА", "Тізімова"})
    EXPECT_THAT(said, HasSubstr(word));
  auto const accepted = render("acceptance_act", at_the_branch("accepted"));
  keep_for_looking("acceptance_act", accepted);
  EXPECT_THAT(Paper{accepted}.text(), HasSubstr("Жарамды, қабылданды"));
  EXPECT_THAT(Paper{accepted}.text(), Not(HasSubstr("бүлінген деп")));
  auto const damaged = render("acceptance_act", at_the_branch("damaged"));
  keep_for_looking("acceptance_act_damaged", damaged);
  auto const act = Paper{damaged}.text();
  for (auto const* word :
       {"Мұқабасы жыртылған", "2026 жылғы 17 желтоқсан", "2026 жылғы 18 желтоқсан", "Қабылдаева",
        "без нового заявления", "не меняется"})
    EXPECT_THAT(act, HasSubstr(word));
  LAW("E-12");
}

TEST(Documents, whoever_hands_the_old_id_in_gets_a_receipt) {
  auto const bytes = render("old_id_receipt", at_the_branch("accepted"));
  keep_for_looking("old_id_receipt", bytes);
  auto const text = Paper{bytes}.text();
  for (auto const* word : {"7654321", "НС", "СЫНАҚОВА", "АБ 0001204", "11:30", "Қабылдаева"})
    EXPECT_THAT(text, HasSubstr(word));
  LAW("E-11");
}

TEST(Documents, minutes_have_what_article_74_asks_for) {
  auto const bytes = render("minutes", heard("Өтініш беруші қаулыны түсіндірді."));
  keep_for_looking("minutes", bytes);
  auto const text = Paper{bytes}.text();
  for (auto const* word : {"11:00", "11:40", "Абылай хан көшесі", "Бурабай ауданының", "Қараушин",
                           "Хатшыева", "Төрағалық етуші", "Секретарь", "Өтініш беруші, орындаушы",
                           "қаулыны түсіндірді", "трёх рабочих дней", "15 декабря 2026"})
    EXPECT_THAT(text, HasSubstr(word));
  LAW("R77-39");
  std::string longest;
  while (longest.size() < 16'000) longest += "Ұзақ түсініктеме ғасырлық қызмет туралы. ";
  auto const whole = render("minutes", heard(longest + "СОҢЫ"));
  keep_for_looking("minutes_longest", whole);
  EXPECT_THAT(Paper{whole}.text(), HasSubstr("СОҢЫ")) << "nothing is cut";
}

TEST(Documents, of_service_78_pass_the_deployment_check) {
  for (auto const& name : k_of_78) {
    auto const checked = check_document(source(name, "registration"));
    EXPECT_TRUE(checked) << name << ":" << checked.error().arguments.at("line") << " "
                         << checked.error().arguments.at("reason");
  }
}

TEST(Documents, annex_33_has_a_variant_for_conscripts_and_one_for_reservists) {
  auto const text = [](std::string const& kind) {
    auto const bytes = render("registration_notice", data_78(kind), "registration");
    keep_for_looking("registration_notice_" + kind, bytes);
    return Paper{bytes}.text();
  };
  auto const conscript = text("conscript"), reservist = text("reservist");
  EXPECT_THAT(conscript, HasSubstr("учёт призывников"));
  EXPECT_THAT(conscript, HasSubstr("әскерге шақырылушылардың"));
  EXPECT_THAT(conscript, Not(HasSubstr("военнообязанных")));
  EXPECT_THAT(conscript, Not(HasSubstr("Разряд учёта"))) << "conscripts have none";
  EXPECT_THAT(reservist, HasSubstr("учёт военнообязанных"));
  EXPECT_THAT(reservist, HasSubstr("әскери міндеттілердің"));
  EXPECT_THAT(reservist, Not(HasSubstr("призывников")));
  EXPECT_THAT(reservist, HasSubstr("Разряд учёта II"));
  LAW("R78-13");
  for (auto const& each : {conscript, reservist}) {
    EXPECT_THAT(each, HasSubstr("СЫНАҚОВА Мәдина Һұсайынқызы"));
    EXPECT_THAT(each, HasSubstr("Отдел по делам обороны района Бурабай"));
    EXPECT_THAT(each, HasSubstr("17 декабря 2026 года"));
    EXPECT_THAT(each, HasSubstr("Үлгібаев Ә.Ғ."));
    EXPECT_THAT(each, Not(HasSubstr("{{")));
  }
  LAW("R78-05");
}

TEST(Documents, the_application_of_annex_31_says_what_was_declared) {
  auto const bytes = render("application", data_78("conscript"), "registration");
  keep_for_looking("application_78", bytes);
  auto const text = Paper{bytes}.text();
  EXPECT_THAT(text, HasSubstr("Заявление о постановке на воинский учёт"));
  EXPECT_THAT(text, HasSubstr("освобождён из мест лишения свободы"));
  EXPECT_THAT(text, HasSubstr("заключение о степени годности"));
  EXPECT_THAT(text, Not(HasSubstr("по состоянию здоровья")));
  EXPECT_THAT(text, HasSubstr("Копия справки об освобождении"));
  EXPECT_THAT(text, Not(HasSubstr("[")));
}

TEST(Documents, of_service_78_hold_the_longest_and_the_least) {
  auto const longest = [](std::string const& unit, std::size_t characters) {
    std::string text;
    while (text.size() < 2 * characters) text += unit;
    return text;
  };
  auto values = data_78("reservist");
  values.at("applicant").as_object()["name"] = longest("Ұзақсөздіатау ", 150);
  values.at("applicant").as_object()["address"] = longest("Ұзақсөздіатау ", 300);
  values.at("v").at("refusal").as_object()["reasons"] = longest("Бір жол.\n", 8000);
  json::value const least = {{"case", {{"number", "1"}, {"filed", "2026-11-21T05:00:00Z"}}},
                             {"document", {{"date", "2026-11-23"}}}};
  for (auto const& name : k_of_78) {
    auto const bytes = render(name, values, "registration");
    keep_for_looking("long_78_" + name, bytes);
    EXPECT_GE(pages(Paper{bytes}), 1) << name;
    EXPECT_GE(pages(Paper{render(name, least, "registration")}), 1) << name;
  }
}

// ---- Service 79

std::string shown_79(std::string const& name) {
  auto const bytes = render(name, data_79(), "correction");
  keep_for_looking("79_" + name, bytes);
  auto const text = Paper{bytes}.text();
  EXPECT_THAT(text, Not(HasSubstr("{{"))) << name;
  EXPECT_THAT(text, Not(HasSubstr("["))) << name;
  return text;
}

TEST(Documents, of_service_79_pass_the_deployment_check) {
  for (auto const& name : k_of_79) {
    auto const checked = check_document(source(name, "correction"));
    EXPECT_TRUE(checked) << name << ":" << checked.error().arguments.at("line") << " "
                         << checked.error().arguments.at("reason");
  }
}

TEST(Documents, of_service_79_say_what_was_asked_found_and_entered) {
  for (auto const& name : k_of_79) shown_79(name);
  auto const application = shown_79("application");
  EXPECT_THAT(application, HasSubstr("Приложение 34"));
  EXPECT_THAT(application, HasSubstr("Служба в Афганистане"));
  EXPECT_THAT(application, HasSubstr("Сведений нет"));
  EXPECT_THAT(application, HasSubstr("приложение 38"));
  LAW("R79-01");
  auto const extension = shown_79("extension_notice");
  EXPECT_THAT(extension, HasSubstr("Приложение 36"));
  EXPECT_THAT(extension, HasSubstr("9 апреля 2027"));
  EXPECT_THAT(extension, HasSubstr("№ 2/79, Архив Российской Федерации"));
  EXPECT_THAT(extension, HasSubstr("Шешімов Қ.А.")) << "who decided, not who signs the mended copy";
  auto undecided = data_79();
  undecided.as_object().erase("extended_by");
  auto const proposed = Paper{render("extension_notice", undecided, "correction")}.text();
  EXPECT_THAT(proposed, HasSubstr("принято в день подписания"));
  EXPECT_THAT(proposed, HasSubstr("9 апреля 2027")) << "the day that its signature gives";
  LAW("R79-07");
  auto const reminder = shown_79("request_reminder");
  EXPECT_THAT(reminder, HasSubstr("№ 2/79"));
  EXPECT_THAT(reminder, Not(HasSubstr("№ 1/79"))) << "that one was answered";
  EXPECT_THAT(shown_79("request"), HasSubstr("Центральный архив"));
  auto const update = shown_79("update_notice");
  EXPECT_THAT(update, HasSubstr("Приложение 37"));
  EXPECT_THAT(update, HasSubstr("Служба в льготный период: Афганистан, 1985–1986"));
  EXPECT_THAT(update, HasSubstr("Ответ A-7"));
  EXPECT_THAT(shown_79("support_certificate"), HasSubstr("Приложение 38"));
  LAW("R79-18");
}

TEST(Documents, of_service_79_hold_the_longest_and_the_least) {
  auto const longest = [](std::size_t characters) {
    std::string text;
    while (text.size() < 2 * characters) text += "Бір жол сөз. ";
    return text;
  };
  auto values = data_79();
  auto& v = values.at("v").as_object();
  v["correction"].as_object()["summary"] = longest(8000);
  v["correction"].as_object()["source"] = longest(2000);
  v["extension"].as_object()["explanation"] = longest(4000);
  v["wish"].as_object()["correct"] = longest(2000);
  v["certificate"].as_object()["periods"] = longest(4000);
  json::value const least = {{"case", {{"number", "1"}, {"filed", "2026-11-21T05:00:00Z"}}},
                             {"document", {{"date", "2026-11-23"}}}};
  for (auto const& name : k_of_79) {
    auto const bytes = render(name, values, "correction");
    keep_for_looking("long_79_" + name, bytes);
    EXPECT_GE(pages(Paper{bytes}), 1) << name;
    EXPECT_GE(pages(Paper{render(name, least, "correction")}), 1) << name;
  }
}

TEST(Documents, are_tagged_with_embedded_fonts_and_fixed_dates) {
  Paper const paper{render("refusal", data())};
  EXPECT_THAT(paper.info(), HasSubstr("Tagged:          yes"));
  EXPECT_THAT(paper.info(), HasSubstr("A4"));
  EXPECT_THAT(paper.tool("pdfinfo -isodates a.pdf"),
              HasSubstr("CreationDate:    2026-12-17T00:00:00+05"));
  std::istringstream fonts{paper.tool("pdffonts a.pdf")};
  std::string line;
  std::getline(fonts, line);
  std::getline(fonts, line);
  int count = 0;
  for (; std::getline(fonts, line); ++count) {
    EXPECT_THAT(line, testing::ContainsRegex("NotoS(ans|erif)"));
    EXPECT_THAT(line, HasSubstr("yes yes yes")) << "embedded, subset, with Unicode";
  }
  EXPECT_GE(count, 2);
}

TEST(Documents, are_byte_identical_for_identical_input) {
  EXPECT_EQ(render("refusal", data()), render("refusal", data()));
}

TEST(Documents, carry_a_qr_code_that_a_reader_decodes) {
  Paper const paper{render("receipt", data())};
  std::string const seen = paper.tool(
      "pdftoppm -r 150 -png a.pdf page && for page in page*.png; do zbarimg -q --raw $page; done");
  EXPECT_THAT(seen, HasSubstr(k_qr));
}

TEST(Documents, carry_a_proof_of_the_log_for_any_reader) {
  constexpr std::string_view k_signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  for (std::size_t const size : {400U, 1'600U, 3'391U, 3'392U, unsigned(k_qr_alphanumeric_max)}) {
    std::string code = "KZL:";
    for (std::size_t i = code.size(); i + 1 < size; ++i) code += k_signs[i * 7 % k_signs.size()];
    code += 'X';
    auto const all = texts();
    auto const pdf =
        render_pdf({.source = source("receipt"), .data = data(), .texts = all, .qr = code});
    ASSERT_TRUE(pdf) << size;
    EXPECT_THAT(Paper{*pdf}.tool("pdftoppm -r 300 -gray -png a.pdf page; zbarimg -q --raw page*"),
                HasSubstr(code))
        << size;
  }
  auto const byte_mode = qr_path(std::string(400, 'a')), dense = qr_path(std::string(400, 'A'));
  ASSERT_TRUE(byte_mode && dense);
  EXPECT_LT(dense->size, byte_mode->size);
  EXPECT_FALSE(qr_path(std::string(k_qr_alphanumeric_max + 1, 'A')));
  EXPECT_FALSE(qr_path(std::string(k_qr_bytes_max + 1, 'a')));
}

TEST(Documents, hold_the_longest_names_and_reasons_that_the_forms_allow) {
  std::string const word = "Ұзақсөздіатау ", line = "Бір жол.\n";
  auto const longest = [](std::string const& unit, std::size_t characters) {
    std::string text;
    while (text.size() < 2 * characters) text += unit;
    return text;
  };
  json::value values = data();
  values.at("applicant").as_object()["name"] = longest(word, 150);
  values.at("applicant").as_object()["address"] = longest(word, 400);
  values.at("branch").as_object()["address"] = longest(word, 300);
  auto& v = values.at("v").as_object();
  v["review"].as_object()["reasons"] = longest(line, 8000);
  v["hearing"].as_object()["place"] = longest(word, 300);
  v["hearing"].as_object()["reply"] = longest(word, 8000);
  v["hearing"].as_object()["minutes"] = longest(line, 16'000);
  v["hearing"].as_object()["participants"] = longest(word, 2000);
  v["delivery"] = {{"condition", "damaged"}, {"damage", longest(word, 2000)}};
  v["refusal"].as_object()["reasons"] = longest(std::string("ж"), 8000);
  v["office"].as_object()["superior"] = {{"kk", longest(word, 300)}, {"ru", longest(word, 300)}};
  for (auto const& name : k_of_77) EXPECT_GE(pages(Paper{render(name, values)}), 1) << name;
}

TEST(Documents, render_with_the_least_that_a_case_has) {
  json::value const least = {{"case", {{"number", "1"}, {"filed", "2026-11-21T05:00:00Z"}}},
                             {"document", {{"date", "2026-11-23"}}}};
  for (auto const& name : k_of_77) EXPECT_GE(pages(Paper{render(name, least)}), 1) << name;
}

TEST(Documents, are_the_same_from_many_threads) {
  std::string const first = render("receipt", data());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { EXPECT_EQ(render("receipt", data()), first); });
}

TEST(Documents, flow_over_pages_with_long_texts_and_nothing_is_cut) {
  json::value values = data();
  std::string reasons;
  while (reasons.size() < 16'000)
    reasons += "Құжаттағы күндер есеп карточкасына қайшы келеді; бұл мұрағат жауабымен расталды. ";
  values.at("v").at("refusal").as_object()["reasons"] = reasons + "СОҢЫ";
  std::string const bytes = render("refusal", values);
  keep_for_looking("refusal_long", bytes);
  Paper const paper{bytes};
  EXPECT_GE(pages(paper), 5);
  EXPECT_LE(pages(paper), 12);
  std::string const text = paper.text();
  std::size_t ends = 0;
  for (std::size_t at = 0; (at = text.find("СОҢЫ", at)) != text.npos; ++at) ++ends;
  EXPECT_EQ(ends, 2U) << "nothing is cut in either language";
  EXPECT_TRUE(
      text.ends_with(std::to_string(pages(paper)) + "/" + std::to_string(pages(paper)) + " "));
}

Result<std::string> small(std::string const& body, json::value const& values = {},
                          std::string_view qr = {}) {
  std::map<std::string, Texts, std::less<>> const none;
  std::string const whole =
      R"(<document title="t" dated="d"><part lang="kk">)" + body + "</part></document>";
  json::object all{{"d", "2026-01-01"}};
  if (values.is_object())
    for (auto const& [key, value] : values.get_object()) all[key] = value;
  json::value const given = all;
  return render_pdf({.source = whole, .data = given, .texts = none, .qr = qr});
}

TEST(Documents, what_no_page_holds_is_an_error_and_never_cut) {
  std::string rows(30'000, 'x');
  auto const made = small("<fields><field label=\"a\">{{v}}</field></fields>", {{"v", rows}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text, "error.document_overflow");
  EXPECT_EQ(made.error().arguments.at("element"), "field");
  EXPECT_FALSE(small("<p>{{v}}</p>", {{"v", std::string(k_document_text_max + 1, 'x')}}));
  EXPECT_FALSE(small("<p>x</p>", {}, std::string(k_qr_bytes_max + 1, 'x')));
}

TEST(Documents, hostile_values_are_plain_text) {
  auto const made = small("<p>{{v}}</p>", {{"v", "<b>&amp;</span>\x01 \xff ok"}});
  ASSERT_TRUE(made);
  EXPECT_THAT(Paper{*made}.text(), HasSubstr("<b>&amp;</span> \xEF\xBF\xBD ok"));
}

TEST(Documents, a_date_is_needed) {
  std::map<std::string, Texts, std::less<>> const none;
  json::value const empty = json::object{};
  auto const made =
      render_pdf({.source = source("refusal"), .data = empty, .texts = none, .qr = {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text, "error.document_no_date");
}

TEST(Documents, wrong_templates_are_refused_with_their_line) {
  auto const reason = [](std::string const& text) {
    auto const checked = check_document(text);
    if (checked) return std::string{"accepted"};
    auto const& arguments = checked.error().arguments;
    return arguments.at("line") + ": " + arguments.at("reason");
  };
  EXPECT_THAT(reason("<document>"), HasSubstr("1: "));
  EXPECT_EQ(reason("<page/>"), "1: no document element");
  EXPECT_EQ(reason("<p/>"), "1: no document element");
  EXPECT_EQ(reason("<document title='' dated='d'/>"), "1: document has no parts");
  EXPECT_EQ(reason("<document title='' dated='d'>\n<part>\n</part></document>"),
            "2: part needs lang");
  EXPECT_EQ(reason("<document title='' dated='d'>\n<part lang='kk'>\n<div/></part></document>"),
            "3: not allowed in part: div");
  EXPECT_EQ(
      reason("<document title='' dated='d'><part lang='kk'>\n\n<p>{{a b}}</p></part></document>"),
      "3: no such helper: a");
  EXPECT_EQ(
      reason("<document title='' dated='d'><part lang='kk'><p><u>x</u></p></part></document>"),
      "1: not allowed in text: u");
  EXPECT_EQ(reason("<document title='' dated='d'><part lang='kk'><p size='9'/></part></document>"),
            "1: unknown attribute size");
  EXPECT_THAT(reason(std::string(k_document_source_max + 1, ' ')), HasSubstr("too large"));
}

}  // namespace
}  // namespace qyzmet::templates
