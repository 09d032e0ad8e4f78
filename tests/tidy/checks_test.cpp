// Every check is shown something bad and must complain, something good and must not.
#include <gtest/gtest.h>

#include "tests/tidy/coroutines.hpp"
#include "tests/tidy/functions.hpp"
#include "tests/tidy/law.hpp"
#include "tests/tidy/layout.hpp"
#include "tests/tidy/text.hpp"

namespace qyzmet::tests::tidy {
namespace {

std::string repeated(std::size_t times, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

File cpp(std::string text) {
  return {"services/http/x.cpp", std::move(text)};
}

std::vector<std::string> names_of(std::string_view source) {
  std::vector<std::string> names;
  for (auto const& function : functions_of(source))
    names.push_back(function.name + ":" + std::to_string(function.lines));
  return names;
}
using Names = std::vector<std::string>;

TEST(CodeOnly, blanks_comments_literals_and_directives_but_keeps_lines) {
  EXPECT_EQ(code_only("a /* { */ b // {\nc"), "a         b     \nc");
  EXPECT_EQ(code_only("f(\"{\\\"\", '{');"), "f(\"   \",    );");
  EXPECT_EQ(code_only("x = R\"a({\")a\";"), "x = R\"      \";");
  EXPECT_EQ(code_only("1'000 + '\\''"), "1'000 +     ");
  EXPECT_EQ(code_only("#define A { \\\n  }\nb"), "             \n   \nb");
}

TEST(Functions, are_found_at_namespace_and_class_scope) {
  EXPECT_EQ(names_of("namespace a {\nint f(int x) {\n  return x;\n}\n}"), (Names{"f:3"}));
  EXPECT_EQ(names_of("struct A {\n  void g() const { h({1, 2}); }\n  int b{3};\n};"),
            (Names{"g:1"}));
  EXPECT_EQ(names_of("template <class T>\nauto B<T>::h() -> Result<T> {\n}\n"),
            (Names{"B<T>::h:3"}));
  EXPECT_EQ(names_of("TEST(A, b) {\n}\n"), (Names{"TEST:2"}));
  EXPECT_EQ(names_of("templates::Page page() {\n}\n"), (Names{"page:2"}));
  EXPECT_EQ(names_of("[[nodiscard]] bool g() {\n}\n"), (Names{"g:2"}));
}

TEST(Functions, of_constructors_begin_after_the_member_initializers) {
  EXPECT_EQ(names_of("A::A(int x) : b{x}, c(x) {\n  d();\n}"), (Names{"A::A:3"}));
  EXPECT_EQ(names_of("A::A(int x)\n    : b(x), c{x} {\n}\nvoid e() {}"), (Names{"A::A:3", "e:1"}));
  EXPECT_EQ(names_of("A::A() noexcept : a{[] { return 1; }()} {}"), (Names{"A::A:1"}));
}

TEST(Functions, are_not_seen_in_tables_and_types) {
  EXPECT_EQ(names_of("constexpr std::array<int, f(2)> k{1, 2};\nenum class E : int { a, b };"),
            Names{});
  EXPECT_EQ(names_of("std::map<A, B> const k = {{a, b}, {c, d}};\nclass C final : public D {};"),
            Names{});
}

TEST(Functions, contain_their_lambdas) {
  EXPECT_EQ(names_of("void f() {\n  auto g = [](int x) {\n    return x;\n  };\n}"), (Names{"f:5"}));
}

TEST(FunctionLength, complains_beyond_the_limit_only) {
  auto const body = [](std::size_t lines) {
    return cpp("void f() {\n" + repeated(lines - 2, "  g();\n") + "}\n");
  };
  EXPECT_TRUE(check_function_length(body(k_function_lines_max)).empty());
  auto const found = check_function_length(body(k_function_lines_max + 1));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].line, 1U);
}

TEST(FileLength, complains_beyond_the_limit_only) {
  EXPECT_TRUE(check_file_length(cpp(repeated(k_file_lines_max, "a;\n"))).empty());
  EXPECT_EQ(check_file_length(cpp(repeated(k_file_lines_max + 1, "a;\n"))).size(), 1U);
}

TEST(LineLength, counts_characters_not_bytes) {
  EXPECT_TRUE(check_line_length(cpp(repeated(k_columns_max, "қ"))).empty());
  EXPECT_EQ(check_line_length(cpp(repeated(k_columns_max + 1, "a"))).size(), 1U);
}

TEST(Leftovers, are_found_as_whole_words) {
  EXPECT_EQ(check_leftovers(cpp("// TO"
                                "DO: later"))
                .size(),
            1U);
  EXPECT_EQ(check_leftovers(cpp("// XX"
                                "X"))
                .size(),
            1U);
  EXPECT_EQ(check_leftovers({"README.md",
                             "FIX"
                             "ME"})
                .size(),
            1U);
  EXPECT_EQ(check_leftovers(cpp("int a; ")).size(), 1U);
  EXPECT_EQ(check_leftovers(cpp("\tint a;")).size(), 1U);
  EXPECT_TRUE(check_leftovers(cpp("mktemp x.XX"
                                  "XXXX  # HA"
                                  "CKNEY"))
                  .empty());
}

TEST(MachinePaths, are_found) {
  EXPECT_EQ(check_machine_paths({"run",
                                 "cd /ho"
                                 "me/a"})
                .size(),
            1U);
  EXPECT_EQ(check_machine_paths(cpp("\"/tmp/bu"
                                    "ild-a\""))
                .size(),
            1U);
  EXPECT_EQ(check_machine_paths({"README.md",
                                 "see /work/"
                                 "main"})
                .size(),
            1U);
  EXPECT_TRUE(check_machine_paths(cpp("#include \"services/work/timers.hpp\"")).empty());
}

TEST(RegistryHosts, are_found) {
  EXPECT_EQ(check_registry_hosts({"package-lock.json",
                                  "https://registry.npm"
                                  "js.org/a"})
                .size(),
            1U);
  EXPECT_TRUE(check_registry_hosts({"package.json", "\"axe-core\": \"4\""}).empty());
}

TEST(Includes, upward_and_sideways_are_refused) {
  auto const refused = [](std::string path, std::string const& used) {
    return check_includes({std::move(path), "#include \"" + used + "\"\n"}).size();
  };
  EXPECT_EQ(refused("engine/a.cpp", "db/store.hpp"), 1U);
  EXPECT_EQ(refused("engine/base/a.hpp", "engine/step.hpp"), 1U);
  EXPECT_EQ(refused("signing/a.cpp", "engine/step.hpp"), 1U);
  EXPECT_EQ(refused("db/a.cpp", "services/http/message.hpp"), 1U);
  EXPECT_EQ(refused("services/http/a.cpp", "db/store.hpp"), 1U);
  EXPECT_EQ(refused("services/casework/a.cpp", "services/portal/pages.hpp"), 1U);
  EXPECT_EQ(refused("engine/a.cpp", "step.hpp"), 1U);
  EXPECT_EQ(refused("services/portal/a.cpp", "services/http/message.hpp"), 0U);
  EXPECT_EQ(refused("signing/a.cpp", "engine/base/result.hpp"), 0U);
  EXPECT_EQ(refused("services/main.cpp", "services/portal/pages.hpp"), 0U);
}

TEST(Links, upward_and_sideways_are_refused) {
  auto const refused = [](std::string text) {
    return check_links({"x/CMakeLists.txt", std::move(text)}).size();
  };
  EXPECT_EQ(refused("target_link_libraries(engine PUBLIC base PRIVATE db)"), 1U);
  EXPECT_EQ(refused("qyzmet_service(http platform engine)"), 1U);
  EXPECT_EQ(refused("target_link_libraries(db PUBLIC engine soci::postgresql)"), 0U);
  EXPECT_EQ(refused("# target_link_libraries(engine PUBLIC db)"), 0U);
}

TEST(Headers, without_purpose_or_unused_are_refused) {
  EXPECT_EQ(check_header_begins({"engine/a.hpp", "#pragma once\n#include <set>\n"}).size(), 1U);
  EXPECT_EQ(check_header_begins({"engine/a.hpp", "// A.\n#pragma once\n"}).size(), 1U);
  EXPECT_TRUE(check_header_begins({"engine/a.hpp", "#pragma once\n// A.\n"}).empty());
  File const header{"engine/a.hpp", "#pragma once\n#include \"engine/a.hpp\"\n"};
  EXPECT_EQ(check_headers_used({header}).size(), 1U);
  EXPECT_TRUE(check_headers_used({header, cpp("#include \"engine/a.hpp\"\n")}).empty());
}

TEST(Namespaces, other_than_the_folders_are_refused) {
  EXPECT_EQ(check_namespace(cpp("namespace qyzmet::portal {\n}")).size(), 1U);
  EXPECT_EQ(check_namespace({"engine/a.cpp", "int f();"}).size(), 1U);
  EXPECT_TRUE(check_namespace(cpp("namespace qyzmet::http {\n}")).empty());
  EXPECT_TRUE(check_namespace({"engine/base/a.hpp", "namespace qyzmet {\n}"}).empty());
}

TEST(TopLevel, strangers_are_refused) {
  EXPECT_EQ(check_top_level({"notes.txt", ""}).size(), 1U);
  EXPECT_EQ(check_top_level({"scripts/a.sh", ""}).size(), 1U);
  EXPECT_TRUE(check_top_level({"run", ""}).empty());
  EXPECT_TRUE(check_top_level({"engine/step.hpp", ""}).empty());
}

TEST(CoAwait, alone_in_its_statement_is_good) {
  for (auto const* good : {
           "void f() { co_await g(); }",
           "void f() { auto x = co_await g(a, {1}); }",
           "void f() { auto [a, b] = co_await g(); x = co_await h(); }",
           "void f() { if (a) co_await g(); else co_await h(); }",
           "void f() { if (a) x = co_await g(); }",
           "void f() { for (;;) { auto const n = co_await s.read(b[1]); } }",
           "void f() { spawn(e, []() -> A<void> { co_await g(); }, done); }",
           "void f() { switch (a) { case 1: co_await g(); } }",
           "void f() { auto x = co_await (a || b); }",
           "void f() { auto x = co_await timer.async_wait(as_tuple(use_awaitable)); }",
       })
    EXPECT_TRUE(check_co_await(cpp(good)).empty()) << good;
}

TEST(CoAwait, inside_anything_is_refused) {
  for (auto const* bad : {
           "void f() { if (co_await g()) h(); }",
           "void f() { if (auto x = co_await g(); x) h(); }",
           "void f() { while (co_await g()) {} }",
           "void f() { for (auto x : co_await g()) h(x); }",
           "void f() { h(co_await g()); }",
           "void f() { h(1, co_await g()); }",
           "void f() { co_return co_await g(); }",
           "void f() { X x{co_await g()}; }",
           "void f() { auto x = (co_await g()).value(); }",
           "void f() { auto x = !co_await g(); }",
           "void f() { auto x = a ? co_await g() : 0; }",
           "void f() { auto x = co_await g() + 1; }",
           "void f() { auto x = co_await g() ? 1 : 2; }",
           "void f() { auto x = co_await g() && b; }",
           "void f() { x += co_await g(); }",
           "void f() { auto x = b == co_await g(); }",
       })
    EXPECT_EQ(check_co_await(cpp(bad)).size(), 1U) << bad;
}

TEST(LawIds, unknown_ones_are_refused) {
  auto const known = rules_in("| R77-36 | x |\n| R-GEN-01 | INV-09, E-08, V77-1 and V-WD |");
  EXPECT_EQ(known.size(), 6U);
  EXPECT_TRUE(check_law_ids(cpp("LAW(\"R77-36\");"), known).empty());
  EXPECT_EQ(check_law_ids(cpp("LAW(\"R77-99\");"), known).size(), 1U);
}

TEST(CoveredList, out_of_order_or_twice_is_refused) {
  EXPECT_TRUE(check_covered_list({"x", "E-08\nR77-01\n"}).empty());
  EXPECT_EQ(check_covered_list({"x", "R77-01\nR77-01\n"}).size(), 1U);
  EXPECT_EQ(check_covered_list({"x", "R77-02\nR77-01\n"}).size(), 1U);
}

}  // namespace
}  // namespace qyzmet::tests::tidy
