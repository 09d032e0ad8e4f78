// The template language: values, blocks, escaping by place, limits, errors with their line.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "templates/renderer.hpp"

namespace qyzmet::templates {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Sources = std::map<std::string, std::string>;

Catalogue catalogue() {
  return Catalogue::from_json(
      {{"kk", R"({"hello": "Сәлем, {name}!", "days.one": "{n} күн", "days.other": "{n} күн"})"},
       {"ru", R"({"hello": "Привет, {name}!", "days.one": "{n} день", "days.few": "{n} дня",
                  "days.many": "{n} дней", "days.other": "{n} дня"})"},
       {"en", R"({"hello": "Hello, {name}!", "days.one": "{n} day", "days.other": "{n} days"})"}});
}

std::string render(std::string const& source, std::string_view data, std::string_view lang = "en") {
  Renderer const renderer{{{"page.html", source}}, catalogue()};
  return renderer.render("page", lang, boost::json::parse(data));
}

std::string error_of(Sources const& sources) {
  try {
    Renderer const renderer{sources, catalogue()};
  } catch (std::runtime_error const& error) {
    return error.what();
  }
  return "no error";
}

std::string error_of(std::string const& source) {
  return error_of(Sources{{"p.html", source}});
}

TEST(Renderer, prints_values_of_every_kind) {
  EXPECT_EQ(render("{{a.b}} {{n}} {{yes}} {{list.1}}",
                   R"({"a": {"b": "x"}, "n": -5, "yes": true, "list": [1, 2]})"),
            "x -5 true 2");
}

TEST(Renderer, an_absent_value_prints_nothing) {
  EXPECT_EQ(render("[{{a.b.c}}{{x}}{{null}}]", R"({"null": null, "a": {"b": 1}})"), "[]");
}

TEST(Renderer, conditions_compare_and_combine) {
  std::string const source =
      R"({{#if not a}}1{{else if b == "x" and c}}2{{else if b != "x" or c}}3{{else}}4{{/if}})";
  EXPECT_EQ(render(source, R"({})"), "1");
  EXPECT_EQ(render(source, R"({"a": 1, "b": "x", "c": [0]})"), "2");
  EXPECT_EQ(render(source, R"({"a": 1, "b": "y"})"), "3");
  EXPECT_EQ(render(source, R"({"a": "0", "b": "x", "c": 0})"), "4");
}

TEST(Renderer, loops_know_their_place_and_see_what_stands_around) {
  EXPECT_EQ(render("{{#each l}}{{@number}}{{x}}{{y}}{{#if not @last}},{{/if}}{{/each}}",
                   R"({"y": "!", "x": "?", "l": [{"x": "a"}, {"x": "b"}, {}]})"),
            "1a!,2b!,3?!");
  EXPECT_EQ(render("{{#each l}}{{this}}{{this.x}};{{else}}none{{/each}}", R"({"l": []})"), "none");
}

TEST(Renderer, partials_see_their_arguments_only) {
  Renderer const renderer{{{"p.html", "{{> q x=(concat a 1) y=\"<\"}}{{> q}}{{> q item}}"},
                           {"q.html", "[{{x}}{{y}}{{a}}{{@root.a}}]"}},
                          catalogue()};
  EXPECT_EQ(renderer.render("p", "en", boost::json::parse(R"({"a": "A", "item": {"x": "i"}})")),
            "[A1&lt;A][AA][iA]");
}

TEST(Renderer, a_partial_around_a_block_renders_the_block_where_the_caller_stands) {
  Renderer const renderer{{{"p.html", "{{#> outer title=\"t\"}}{{#> inner}}{{v}}{{/>}}{{/>}}"},
                           {"outer.html", "<h1>{{title}}</h1>{{> @content}}"},
                           {"inner.html", "<i>{{> @content}}</i>"}},
                          catalogue()};
  EXPECT_EQ(renderer.render("p", "en", boost::json::parse(R"({"v": 7})")), "<h1>t</h1><i>7</i>");
}

TEST(Renderer, escapes_text_and_attributes) {
  EXPECT_EQ(render(R"(<p title="{{v}}">{{v}}</p><title>{{v}}</title>)", R"({"v": "<\"'&>"})"),
            R"(<p title="&lt;&quot;&#39;&amp;&gt;">&lt;&quot;&#39;&amp;&gt;</p>)"
            R"(<title>&lt;&quot;&#39;&amp;&gt;</title>)");
}

TEST(Renderer, lets_only_harmless_urls_through) {
  for (std::string const good :
       {"/a?b=c#d", "https://x.kz/", "HTTP://x", "mailto:a@b", "tel:1414", "a/b:c", "#top", ""})
    EXPECT_EQ(render("<a href=\"{{v}}\"></a>", R"({"v": ")" + good + "\"}"),
              "<a href=\"" + good + "\"></a>");
  for (std::string const bad : {"javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:x",
                                "data:text/html,x", "java\\tscript:x", "vbscript:x", "/\\\\evil"})
    EXPECT_EQ(render("<a href=\"{{v}}\"></a>", R"({"v": ")" + bad + "\"}"), "<a href=\"#\"></a>")
        << bad;
}

TEST(Renderer, percent_encodes_parts_of_a_url) {
  EXPECT_EQ(render("<a href=\"/c/{{v}}?q={{v}}\"></a>", R"({"v": "a&b ә:\"/"})"),
            "<a href=\"/c/a%26b%20%D3%99%3A%22/?q=a%26b%20%D3%99%3A%22/\"></a>");
  EXPECT_EQ(render("<a href=\"{{v}}{{v}}\"></a>", R"({"v": "a:b"})"), "<a href=\"#a%3Ab\"></a>");
}

TEST(Renderer, refuses_values_where_no_escaping_is_safe) {
  for (std::string const source :
       {"<a {{v}}>", "<{{v}}>", "<a href={{v}}>", "<a onclick=\"{{v}}\">", "<a style=\"{{v}}\">",
        "<script>{{v}}</script>", "<style>{{v}}</style>", "<!-- {{v}} -->",
        "<iframe srcdoc=\"{{v}}\">", "<a {{v}}=\"x\">", "<a b=\"x\"{{v}}>"})
    EXPECT_THAT(error_of(source), HasSubstr("p.html:1: ")) << source;
  EXPECT_EQ(render("<script src=\"/s\"></script>{{v}}", R"({"v": "<"})"),
            "<script src=\"/s\"></script>&lt;");
}

TEST(Renderer, branches_must_end_in_the_same_place_of_the_markup) {
  EXPECT_EQ(render("<a{{#if v}} class=\"x\"{{/if}}>", R"({"v": 1})"), "<a class=\"x\">");
  EXPECT_THAT(error_of("<a{{#if v}} class=\"x{{/if}}>"), HasSubstr("different places"));
  EXPECT_THAT(error_of("{{#if v}}<p{{else}}text{{/if}}"), HasSubstr("different places"));
  EXPECT_THAT(error_of("{{#each v}}<p{{/each}}"), HasSubstr("different places"));
  EXPECT_THAT(error_of("<p>{{#each v}}</p"), HasSubstr("p.html:1"));
  for (std::string const split : {"<a {{#if v}}on{{/if}}click=\"{{v}}\">", "<{{#if v}}p{{/if}}>",
                                  "<a{{#if v}} on{{/if}}click=\"{{v}}\">"})
    EXPECT_THAT(error_of(split), HasSubstr("p.html:1")) << "a name in two pieces: " << split;
  EXPECT_EQ(render("<input{{#if v}} checked{{/if}} {{#if v}}id=\"x\"{{/if}}>", R"({"v": 1})"),
            "<input checked id=\"x\">");
}

TEST(Renderer, errors_name_page_line_and_reason) {
  EXPECT_EQ(error_of("a\nb\n{{#if x}}\nc"), "p.html:4: {{#if}} without {{/if}}");
  EXPECT_EQ(error_of("a\n{{> nowhere}}"), "p.html:2: no partial nowhere");
  EXPECT_THAT(error_of("{{nothing a}}"), HasSubstr("no such helper: nothing"));
  EXPECT_THAT(error_of("{{a..b}}"), HasSubstr("empty name"));
  EXPECT_THAT(error_of("{{/if}}"), HasSubstr("nothing is open"));
  EXPECT_THAT(error_of("{{a"), HasSubstr("{{ without }}"));
  EXPECT_THAT(error_of("{{#loop x}}{{/loop}}"), HasSubstr("no such block"));
  EXPECT_THAT(error_of("{{t \"x}}"), HasSubstr("closing quote"));
}

TEST(Renderer, limits_hold) {
  Renderer const recursive{{{"p.html", "{{> p}}"}}, catalogue()};
  EXPECT_THROW(recursive.render("p", "en", boost::json::parse("{}")), std::runtime_error);
  boost::json::array many(3000, boost::json::value(std::string(2000, 'x')));
  Renderer const large{{{"p.html", "{{#each l}}{{this}}{{/each}}"}}, catalogue()};
  EXPECT_THROW(large.render("p", "en", boost::json::value{{"l", many}}), std::runtime_error);
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += "{{#if a}}";
  EXPECT_THAT(error_of(deep), HasSubstr("too deeply"));
  EXPECT_THAT(error_of(std::string(k_source_bytes_max + 2, 'x')), HasSubstr("too large"));
}

TEST(Renderer, comments_and_block_tags_leave_no_lines) {
  EXPECT_EQ(render("a\n{{! no }}\n  {{#if a}}\nb\n  {{/if}}\n{{!-- {{x}} --}}\nc\n", R"({"a": 1})"),
            "a\nb\nc");
}

TEST(Texts, are_filled_in_escaped_and_plural) {
  EXPECT_EQ(render("<b>{{t \"hello\" name=v}}</b>", R"({"v": "<i>"})"), "<b>Hello, &lt;i&gt;!</b>");
  auto const days = [](int n, std::string_view lang) {
    return render("{{t \"days\" n=n}}", R"({"n": )" + std::to_string(n) + "}", lang);
  };
  EXPECT_EQ(days(1, "ru"), "1 день");
  EXPECT_EQ(days(3, "ru"), "3 дня");
  EXPECT_EQ(days(5, "ru"), "5 дней");
  EXPECT_EQ(days(11, "ru"), "11 дней");
  EXPECT_EQ(days(12, "ru"), "12 дней");
  EXPECT_EQ(days(21, "ru"), "21 день");
  EXPECT_EQ(days(112, "ru"), "112 дней");
  EXPECT_EQ(days(122, "ru"), "122 дня");
  EXPECT_EQ(days(1, "en"), "1 day");
  EXPECT_EQ(days(0, "en"), "0 days");
  EXPECT_EQ(days(5, "kk"), "5 күн");
}

TEST(Texts, take_all_fields_of_an_object_as_arguments) {
  EXPECT_EQ(render("{{t key args=args}}", R"({"key": "hello", "args": {"name": "A"}})"),
            "Hello, A!");
}

TEST(Texts, of_the_package_come_first) {
  Renderer const renderer{{{"p.html", "{{t \"hello\"}}{{t \"own\"}}"}}, catalogue()};
  Texts const own{{"hello", "Own. "}, {"own", "Mine."}};
  EXPECT_EQ(renderer.render("p", "en", boost::json::parse("{}"), &own), "Own. Mine.");
}

TEST(Texts, missing_ones_are_shown_and_listed) {
  Renderer const renderer{{{"p.html", "\n{{t \"gone\"}}{{t k}}"}}, catalogue()};
  EXPECT_THAT(renderer.problems(),
              ElementsAre("p.html:2: no text in en: gone", "p.html:2: no text in kk: gone",
                          "p.html:2: no text in ru: gone"));
  EXPECT_EQ(renderer.render("p", "kk", boost::json::parse(R"({"k": "x.y"})")), "\n[gone][x.y]");
  EXPECT_THAT(renderer.problems(), testing::Contains("missing while rendering: kk x.y"));
}

TEST(Texts, differences_between_the_languages_are_found) {
  EXPECT_THAT(catalogue().problems(), IsEmpty());
  Catalogue const uneven = Catalogue::from_json(
      {{"kk", R"({"a": "{x}", "b": "", "c": "c", "reason.other": "r"})"},
       {"ru", R"({"a": "{y}", "b": "b", "n.one": "1", "n.other": "2", "reason.other": "r"})"}});
  EXPECT_THAT(uneven.problems(),
              testing::UnorderedElementsAre("kk: empty text: b", "ru: plural form absent: n.few",
                                            "ru: plural form absent: n.many", "ru: absent: c",
                                            "kk: absent: n", "kk: placeholders differ from ru: a"));
}

TEST(Texts, twice_the_same_key_or_wrong_json_is_refused) {
  Catalogue all = catalogue();
  EXPECT_THROW(all.merge("en", R"({"hello": "again"})"), std::runtime_error);
  EXPECT_THROW(all.merge("en", "[]"), std::runtime_error);
  EXPECT_THROW(all.merge("en", R"({"x": 5})"), std::runtime_error);
}

TEST(Texts, an_object_of_languages_prints_in_the_language_of_the_page) {
  std::string const data = R"({"o": {"kk": "бөлім", "ru": "отдел"}})";
  EXPECT_EQ(render("{{o}}", data, "ru"), "отдел");
  EXPECT_EQ(render("{{o}}", data, "en"), "бөлім");
}

TEST(Dates, are_written_in_words_of_three_languages) {
  EXPECT_EQ(long_date("kk", "2026-12-02"), "2026 ж. 2 желтоқсан, сәрсенбі");
  EXPECT_EQ(long_date("ru", "2026-12-02"), "среда, 2 декабря 2026 г.");
  EXPECT_EQ(long_date("en", "2026-12-02"), "Wednesday, 2 December 2026");
  std::string const all =
      "{{date d}}|{{docdate d}}|{{daymonth d}}|{{weekday d}}|{{weekday_short d}}";
  std::string const data = R"({"d": "2026-03-08"})";
  EXPECT_EQ(render(all, data, "kk"), "08.03.2026|2026 жылғы 8 наурыз|8 наурыз|жексенбі|Жс");
  EXPECT_EQ(render(all, data, "ru"), "08.03.2026|8 марта 2026 года|8 марта|воскресенье|Вс");
  EXPECT_EQ(render(all, data, "en"), "08.03.2026|8 March 2026|8 March|Sunday|Sun");
}

TEST(Dates, instants_are_shown_in_the_legal_zone) {
  std::string const all = "{{datetime d}}|{{date d}}|{{time d}}";
  auto const shown = [&](std::string const& instant) {
    return render(all, R"({"d": ")" + instant + "\"}");
  };
  EXPECT_EQ(shown("2026-11-20T19:00:00.000000Z"), "21.11.2026 00:00|21.11.2026|00:00");
  EXPECT_EQ(shown("2026-12-31T20:30:59Z"), "01.01.2027 01:30|01.01.2027|01:30");
  EXPECT_EQ(shown("2026-11-21T10:00:00+05:00"), "21.11.2026 10:00|21.11.2026|10:00");
  EXPECT_EQ(shown("2026-11-21T10:00"), "21.11.2026 10:00|21.11.2026|10:00");
  EXPECT_EQ(shown("2026-11-21"), "21.11.2026|21.11.2026|");
}

TEST(Dates, what_is_no_date_stays_as_it_is) {
  for (std::string const text :
       {"soon", "2026-02-30", "2026-11-21T25:00Z", "2026-11-21T10:00X", ""})
    EXPECT_EQ(long_date("kk", text), text);
}

}  // namespace
}  // namespace qyzmet::templates
