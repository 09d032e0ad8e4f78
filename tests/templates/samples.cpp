#include "tests/templates/samples.hpp"

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

namespace qyzmet::templates {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string read(fs::path const& path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::string source(std::string const& name, std::string const& service) {
  return read(fs::path{QYZMET_SOURCE_DIR} / "services" / service / "documents" / (name + ".xml"));
}

json::value data() {
  auto out = json::parse(read(fs::path{QYZMET_SOURCE_DIR} / "tests/templates/case.json"));
  out.as_object()["executor"] = {{"name", "Қараушин Д.Т."},
                                 {"position", {{"kk", "бас маман"}, {"ru", "главный специалист"}}}};
  return out;
}

std::map<std::string, Texts, std::less<>> texts_of(std::string const& service) {
  std::map<std::string, Texts, std::less<>> out;
  for (std::string const language : {"kk", "ru", "en"}) {
    auto const all = json::parse(
        read(fs::path{QYZMET_SOURCE_DIR} / "services" / service / "texts" / (language + ".json")));
    for (auto const& [key, text] : all.as_object())
      out[language].emplace(key, std::string{text.as_string()});
  }
  return out;
}

json::value data_78(std::string_view kind) {
  json::value values = data();
  auto& all = values.as_object();
  all["case"].as_object()["number"] = "78-2026-000031";
  all["case"].as_object()["subtype_text"] = {
      {"kk",
       "Бұрын әскери есепте тұрмаған, оның ішінде бас бостандығынан айыру орындарынан "
       "босатылған еркектер"},
      {"ru",
       "Мужчины, ранее не состоявшие на учёте, в том числе освобождённые из мест лишения "
       "свободы"}};
  auto& v = all["v"].as_object();
  v["documents"] = json::array{{{"code", "medical_card"}}, {{"code", "release"}}};
  v["declared"] = {{"released_from_prison", true}, {"fitness_conclusion", true}};
  v["registration"] = {{"kind", kind}};
  if (kind == "reservist")
    v["registration"] = {{"kind", kind}, {"composition", "officer"}, {"category", "II"}};
  all["earlier"] = all["office"];
  all["kind"] = kind;
  all["since"] = "2026-11-18";
  all["taken_on"] = "2026-11-20";
  return values;
}

json::value at_the_branch(std::string const& condition) {
  auto out = data();
  auto& v = out.at("v").as_object();
  v["id"] = {{"kind", "rank_and_file"}, {"series", "АБ"}, {"number", "0001204"}};
  v["delivery"] = {{"registry_number", "Ж-17"},
                   {"sent_on", "2026-12-16"},
                   {"checked_on", "2026-12-17"},
                   {"condition", condition}};
  if (condition == "damaged") v["delivery"].as_object()["damage"] = "Мұқабасы жыртылған";
  v["old_id"] = {{"series", "НС"}, {"number", "7654321"}, {"received", true}};
  v["issue"] = {{"at", "2026-12-18T06:30:00.000000Z"}};
  json::object const registrar{{"name", "Тізімова Ә.О."},
                               {"position", {{"kk", "тіркеуші"}, {"ru", "регистратор"}}}};
  json::object const branch_operator{{"name", "Қабылдаева Ж.Р."},
                                     {"position", {{"kk", "оператор"}, {"ru", "оператор"}}}};
  out.as_object()["registrar"] = registrar;
  out.as_object()["operator"] = branch_operator;
  return out;
}

json::value heard(std::string const& words) {
  auto out = data();
  auto& hearing = out.at("v").at("hearing").as_object();
  hearing["started"] = "2026-12-15T06:00:00.000000Z";
  hearing["ended"] = "2026-12-15T06:40:00.000000Z";
  hearing["secretary"] = "17";
  out.as_object()["chair"] = out.at("executor");
  out.as_object()["secretary"] = {{"name", "Хатшыева Г.Қ."},
                                  {"position", {{"kk", "тіркеуші"}, {"ru", "регистратор"}}}};
  hearing["participants"] = "Өтініш беруші, орындаушы";
  hearing["minutes"] = words;
  return out;
}

json::value data_79() {
  json::value values = data();
  auto& all = values.as_object();
  auto& about = all["case"].as_object();
  about["number"] = "79-2026-000012";
  about["due"] = "2027-04-09";
  about["extended_due"] = "2027-04-09";
  about["subtype_text"] = {{"kk", "Жеңілдікті кезеңдегі қызмет туралы деректерді енгізу"},
                           {"ru", "Внесение сведений о службе в льготный период"}};
  auto const request = [](char const* number, char const* body) {
    return json::object{
        {"number", number}, {"body", body}, {"period", "1985–1986"}, {"due_on", "2027-02-01"}};
  };
  auto answered = request("1/79", "Центральный архив Министерства обороны");
  answered["answer"] = {{"kind", "positive"}};
  auto& v = all["v"].as_object();
  v["documents"] = json::array{{{"code", "proof"}}};
  v["wants_social_support"] = true;
  v["wish"] = {{"kind", "absent"},
               {"correct", "Служба в Афганистане"},
               {"from", "1985-05-01"},
               {"until", "1986-11-01"}};
  v["requests"] = json::array{answered, request("2/79", "Архив Российской Федерации")};
  v["request"] = answered;
  v["extension"] = {{"decided_on", "2026-11-24"}, {"explanation", "Запрошены два архива."}};
  all["extended_by"] = {{"name", "Шешімов Қ.А."},
                        {"position", {{"kk", "Бөлім бастығы"}, {"ru", "Начальник отдела"}}}};
  v["mis"] = {{"entered_on", "2027-02-11"}};
  v["correction"] = {
      {"source", "Ответ A-7"},
      {"summary", "Внесена служба с мая 1985 по ноябрь 1986 года."},
      {"facts", json::array{{{"fact", "privileged"}, {"value", "Афганистан, 1985–1986"}}}}};
  v["certificate"] = {{"periods", "май 1985 – ноябрь 1986, льготный"}, {"recipient", "Акимат"}};
  return values;
}

json::value heard_79(std::string const& words) {
  auto out = data_79();
  auto const of_77 = heard(words);
  out.at("v").as_object()["hearing"] = of_77.at("v").at("hearing");
  for (auto const* who : {"chair", "executor", "secretary"}) out.as_object()[who] = of_77.at(who);
  return out;
}

Paper::Paper(std::string const& bytes) {
  std::string pattern = fs::temp_directory_path() / "qyzmet-pdf-XXXXXX";
  folder_ = mkdtemp(pattern.data());
  std::ofstream{folder_ / "a.pdf", std::ios::binary} << bytes;
}

Paper::~Paper() {
  fs::remove_all(folder_);
}

std::string Paper::tool(std::string const& command) const {
  std::string const whole = "cd " + folder_.string() + " && " + command + " 2>&1";
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const pipe{popen(whole.c_str(), "r"), &pclose};
  std::string out;
  for (int c = 0; (c = std::fgetc(pipe.get())) != EOF;) out += static_cast<char>(c);
  return out;
}

std::string Paper::text() const {
  std::istringstream in{tool("pdftotext -layout -nopgbrk a.pdf -")};
  std::string out, word;
  while (in >> word) out += word + ' ';
  return out;
}

int pages(Paper const& paper) {
  std::string const info = paper.info();
  auto const at = info.find("Pages:");
  return at == info.npos ? 0 : std::atoi(info.c_str() + at + 6);
}

void keep_for_looking(std::string const& name, std::string const& bytes) {
  if (char const* folder = std::getenv("QYZMET_GALLERY"))
    std::ofstream{fs::path{folder} / (name + ".pdf"), std::ios::binary} << bytes;
}

}  // namespace qyzmet::templates
