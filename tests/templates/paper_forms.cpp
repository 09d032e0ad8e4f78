// Every kind of paper with usual, the longest and the shortest plausible data: as a PDF whose pages
// are in order, and as HTML that says the same.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstring>
#include <regex>
#include <set>
#include <sstream>

#include "templates/document.hpp"
#include "tests/templates/samples.hpp"

namespace qyzmet::templates {
namespace {

using testing::HasSubstr;
using testing::Not;

namespace json = boost::json;

struct Kind {
  std::string service, name, variant;
  json::value values;
  std::string label() const { return service + "-" + name + variant; }
};

/// With what the head wrote when a late ground brooked no delay.
json::value urgent(json::value values) {
  values.at("v").as_object()["late"] = {{"choice", "urgent"},
                                        {"reasons", "Шақыру 20 желтоқсанда аяқталады."}};
  values.at("v").at("hearing").as_object()["result"] = nullptr;
  return values;
}

/// With what the registrar missed in the application.
json::value not_accepted(json::value values) {
  values.as_object()["registrar"] = {{"name", "Тізімова Ә.О."},
                                     {"position", {{"kk", "тіркеуші"}, {"ru", "регистратор"}}}};
  auto& v = values.at("v").as_object();
  v["register"] = {{"missing", "Әкімшілік жаза қолдану туралы қаулының көшірмесі."}};
  v["office"] = {{"superior",
                  {{"kk", "Ақмола облысының қорғаныс істері жөніндегі департаменті"},
                   {"ru", "Департамент по делам обороны Акмолинской области"}}}};
  return values;
}

/// Held by an official who is the executor no more.
json::value replaced(json::value values) {
  values.as_object()["chair"] = {{"name", "Төрағаева Б.Ш."},
                                 {"position", {{"kk", "бас маман"}, {"ru", "главный специалист"}}},
                                 {"replaced", true}};
  return values;
}

/// Kinds with the data of a usual case; what has variants comes with each.
std::vector<Kind> usual() {
  std::vector<Kind> out;
  auto branch = at_the_branch("accepted");
  auto of_77 = heard("Өтініш беруші қаулыға мектеп мұрағатынан анықтама қоса берді.");
  for (auto const& name : k_of_77) {
    bool const at_branch =
        name == "delivery_registry" || name == "acceptance_act" || name == "old_id_receipt";
    out.push_back({"military_id", name, "", at_branch ? branch : of_77});
  }
  auto unregistered = data();
  unregistered.at("ground").as_object()["code"] = "G3";
  out.push_back({"military_id", "hearing_notice", "-G3", unregistered});
  out.push_back({"military_id", "refusal", "-G3", unregistered});
  out.push_back({"military_id", "acceptance_act", "-damaged", at_the_branch("damaged")});
  out.push_back({"military_id", "minutes", "-replaced", replaced(of_77)});
  for (auto const& name : k_of_78) out.push_back({"registration", name, "", data_78("reservist")});
  out.push_back({"registration", "registration_notice", "-conscript", data_78("conscript")});
  for (auto const& name : k_of_79) out.push_back({"correction", name, "", data_79()});
  out.push_back({"correction", "minutes", "",
                 heard_79("Өтініш беруші қызмет еткен бөлімнің куәгерін атады.")});
  out.push_back({"military_id", "refusal", "-urgent", urgent(of_77)});
  out.push_back({"correction", "refusal", "-urgent", urgent(data_79())});
  out.push_back({"military_id", "notice", "-rejected", not_accepted(of_77)});
  out.push_back({"registration", "notice", "-rejected", not_accepted(data_78("reservist"))});
  out.push_back({"correction", "notice", "-rejected", not_accepted(data_79())});
  return out;
}

constexpr std::string_view k_long_name =
    "ҚОЖАБЕРГЕНҰЛЫ-СҰЛТАНМҰРАТОВ Нұрмұхаммедәлі Әбдірахманбердіұлы";
constexpr std::string_view k_long_address =
    "Шығыс Қазақстан облысы, Катонқарағай ауданы, Өрел ауылдық округі, Қабдолла Әлімханұлы "
    "Тәңірбергенов атындағы көше, 128/2-үй, 4-кіреберіс, 117-пәтер";
constexpr std::string_view k_long_reasons =
    "Қоса берілген қаулының көшірмесіне лауазымды адам қол қоймаған, мөр басылмаған; құжаттағы "
    "туған күн жеке куәліктегі күнге сәйкес келмейді. Приложенная копия постановления не подписана "
    "должностным лицом и не заверена печатью; дата рождения в документе расходится с "
    "удостоверением личности. ";

json::object both(std::string_view kk, std::string_view ru) {
  return {{"kk", kk}, {"ru", ru}, {"en", ru}};
}

void lengthen_office(json::object& all) {
  auto& office = all["office"].as_object();
  office["name"] =
      both("Шығыс Қазақстан облысы Катонқарағай ауданының қорғаныс істері жөніндегі бөлімі",
           "Отдел по делам обороны Катон-Карагайского района Восточно-Казахстанской области");
  office["address"] = both(k_long_address, k_long_address);
  office["head"] = json::object{
      {"name", k_long_name},
      {"position", both("Бөлім бастығының міндетін уақытша атқарушы, запастағы подполковник",
                        "Временно исполняющий обязанности начальника отдела, подполковник")}};
  for (auto const* who : {"chair", "executor", "secretary", "registrar", "operator", "extended_by"})
    all[who] = json::object{{"name", k_long_name},
                            {"position", both("әскерге шақыру бөлімшесінің бас маманы",
                                              "главный специалист отделения призыва")}};
  all["earlier"] = office;
}

void lengthen_case(json::object& all, std::string const& reasons) {
  auto& v = all["v"].as_object();
  for (auto const* part : {"review", "refusal"})
    if (v.contains(part)) v[part].as_object()["reasons"] = reasons;
  auto& hearing = v["hearing"].as_object();
  hearing["place"] = k_long_address;
  hearing["reply"] = reasons;
  hearing["minutes"] = reasons;
  hearing["participants"] = std::string{k_long_name} + ", " + std::string{k_long_name};
  if (v.contains("correction")) {
    v["correction"].as_object()["summary"] = reasons;
    v["correction"].as_object()["source"] = k_long_address;
    v["extension"].as_object()["reasons"] = reasons;
    v["extension"].as_object()["explanation"] = reasons;
    v["wish"].as_object()["correct"] = reasons;
    v["certificate"].as_object()["periods"] = reasons;
    v["certificate"].as_object()["recipient"] = k_long_address;
    json::array requests;
    for (int i = 1; i <= 12; ++i) {
      auto request = v["request"].as_object();
      request["number"] = std::to_string(i) + "/79-2026";
      request["body"] = "Центральный архив Министерства обороны Российской Федерации, Подольск";
      if (i % 3 != 0) request.erase("answer");
      requests.push_back(request);
    }
    v["requests"] = requests;
  }
  if (v.contains("delivery")) v["delivery"].as_object()["damage"] = reasons;
  all["notice"].as_object()["body"] = both(reasons, reasons);
  json::array received;
  for (int i = 0; i < 10; ++i)
    received.push_back(
        {{"name", "Мұрағат_анықтамасының_куәландырылған_көшірмесі_" + std::to_string(i) + ".pdf"},
         {"sha256", std::string(64, static_cast<char>('a' + i % 6))}});
  all["received"] = received;
}

Kind longest(Kind kind) {
  auto& all = kind.values.as_object();
  kind.variant += "-longest";
  auto& applicant = all["applicant"].as_object();
  applicant["name"] = k_long_name;
  applicant["address"] = k_long_address;
  applicant["email"] = "nurmukhammedali.abdirakhmanberdiuly.kozhabergenuly@katonkaragay.example";
  all["branch"].as_object()["address"] = both(k_long_address, k_long_address);
  lengthen_office(all);
  std::string reasons;
  for (int i = 0; i < 4; ++i) reasons += k_long_reasons;
  lengthen_case(all, reasons);
  return kind;
}

Kind shortest(Kind kind) {
  kind.variant += "-shortest";
  auto& all = kind.values.as_object();
  all["applicant"].as_object()["name"] = "ЛИ А";
  all["applicant"].as_object()["address"] = "";
  all["applicant"].as_object()["phone"] = "";
  all["office"].as_object()["address"] = both("", "");
  auto& v = all["v"].as_object();
  v["documents"] = json::array{};
  for (auto const* part : {"review", "refusal"})
    if (v.contains(part)) v[part].as_object()["reasons"] = "Нет.";
  if (v.contains("hearing")) {
    v["hearing"].as_object()["minutes"] = "Жоқ.";
    v["hearing"].as_object()["place"] = "1";
  }
  return kind;
}

std::vector<Kind> all_kinds() {
  std::vector<Kind> out;
  for (auto const& kind : usual()) {
    out.push_back(kind);
    out.push_back(longest(kind));
    out.push_back(shortest(kind));
  }
  return out;
}

struct Rendered {
  std::string pdf, html;
};

Rendered render(Kind const& kind) {
  auto const texts = texts_of(kind.service);
  auto const text = source(kind.name, kind.service);
  DocumentInput const input{.source = text, .data = kind.values, .texts = texts, .qr = k_qr};
  auto const pdf = render_pdf(input);
  auto const html = render_html(input);
  EXPECT_TRUE(pdf && html) << kind.label();
  if (!pdf || !html) return {};
  keep_for_looking(kind.label(), *pdf);
  return {*pdf, html->markup};
}

/// A word where it stands on its page.
struct Word {
  double left, top, right, bottom;
  std::string text;
};

std::string unescaped(std::string text) {
  for (auto const& [from, to] :
       {std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"}, std::pair{"&quot;", "\""},
        std::pair{"&#39;", "'"}, std::pair{"&amp;", "&"}})
    for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; ++at)
      text.replace(at, std::strlen(from), to);
  return text;
}

std::vector<std::vector<Word>> pages_of(Paper const& paper) {
  static std::regex const line{
      R"re(<word xMin="(.*)" yMin="(.*)" xMax="(.*)" yMax="(.*)">(.*)</word>)re"};
  std::vector<std::vector<Word>> out;
  std::istringstream in{paper.tool("pdftotext -bbox a.pdf -")};
  for (std::string each; std::getline(in, each);) {
    std::smatch found;
    if (each.contains("<page ")) out.emplace_back();
    if (std::regex_search(each, found, line))
      out.back().push_back({std::stod(found[1]), std::stod(found[2]), std::stod(found[3]),
                            std::stod(found[4]), unescaped(found[5])});
  }
  return out;
}

/// What a reader of the page hears, without white space.
std::string heard_in(std::string const& html) {
  auto text = unescaped(std::regex_replace(html, std::regex{"<[^>]*>"}, ""));
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

/// But for numbers of pages and of items.
void expect_same_words(Kind const& kind, std::vector<std::vector<Word>> const& pages,
                       std::string const& html) {
  static std::regex const mark{"–|/|[0-9]+\\)?"};
  auto const heard = heard_in(html);
  for (auto const& page : pages)
    for (auto const& word : page)
      if (!std::regex_match(word.text, mark))
        EXPECT_TRUE(heard.contains(word.text)) << kind.label() << ": " << word.text;
}

void expect_accessible(Kind const& kind, std::string const& html) {
  for (auto const* part : {"<section lang=\"kk\">", "<section lang=\"ru\">", "<h2>",
                           "<p lang=\"ru\">", "role=\"img\" aria-label=\""})
    EXPECT_THAT(html, HasSubstr(part)) << kind.label();
  for (auto const* part : {"<script", "style=", "src=", "href=", "url(", "{{", "<h1"})
    EXPECT_THAT(html, Not(HasSubstr(part))) << kind.label();
}

TEST(PaperForms, hostile_values_stay_text_in_html) {
  auto kind = usual().front();
  kind.values.at("applicant").as_object()["name"] = "<script>alert(1)</script>&amp;\"";
  EXPECT_THAT(render(kind).html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;"));
}

void expect_in_place(Kind const& kind, std::vector<Word> const& page) {
  for (std::size_t i = 0; i < page.size(); ++i) {
    auto const& word = page[i];
    bool const within = word.left > 61 && word.right < 548 && word.top > 40 && word.bottom < 826;
    EXPECT_TRUE(within) << kind.label() << ": " << word.text;
    for (std::size_t j = i + 1; j < page.size(); ++j) {
      auto const& other = page[j];
      double const wide = std::min(word.right, other.right) - std::max(word.left, other.left);
      double const high = std::min(word.bottom, other.bottom) - std::max(word.top, other.top);
      EXPECT_FALSE(wide > 1 && high > 5)
          << kind.label() << ": " << word.text << " on " << other.text;
    }
  }
}

/// The words that say how a paper is signed have more above them than the signer.
void expect_company(Kind const& kind, std::vector<Word> const& page) {
  std::size_t const lines_of_signer = kind.variant.ends_with("-longest") ? 2 : 1;
  for (auto const& sign : page) {
    if (sign.text != "(ЭЦҚ)" && sign.text != "(ЭЦП)") continue;
    std::set<double> lines;
    for (auto const& word : page)
      if (word.bottom < sign.top + 1) lines.insert(std::round(word.top / 4));
    EXPECT_GT(lines.size(), lines_of_signer) << kind.label();
  }
}

/// No line ends between a number and its sign, or between a number and its Kazakh ending.
void expect_unbroken(Kind const& kind, std::vector<Word> const& page) {
  static std::regex const open_end{"№|[0-9]+-"};
  for (auto const& word : page) {
    if (!std::regex_match(word.text, open_end)) continue;
    EXPECT_TRUE(std::ranges::any_of(page,
                                    [&](Word const& next) {
                                      return std::abs(next.bottom - word.bottom) < 3 &&
                                             next.left > word.right;
                                    }))
        << kind.label() << ": a line ends with " << word.text;
  }
}

TEST(PaperForms, are_in_order_on_paper_and_say_the_same_as_html) {
  for (auto const& kind : all_kinds()) {
    auto const made = render(kind);
    auto const pages = pages_of(Paper{made.pdf});
    ASSERT_FALSE(pages.empty()) << kind.label();
    ASSERT_GT(pages.front().size(), 30U) << kind.label();
    expect_same_words(kind, pages, made.html);
    expect_accessible(kind, made.html);
    for (auto const& page : pages) {
      expect_in_place(kind, page);
      expect_company(kind, page);
      expect_unbroken(kind, page);
    }
    bool const usual = !kind.variant.ends_with("-longest");
    EXPECT_LE(pages.size(), usual ? 2U : 12U) << kind.label() << ": a page a language";
  }
}

}  // namespace
}  // namespace qyzmet::templates
