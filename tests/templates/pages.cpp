// The real pages, texts and static files of the product.
#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "templates/assets.hpp"

namespace qyzmet::templates {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string read(std::string const& name) {
  std::ifstream file{std::string{QYZMET_SOURCE_DIR} + "/tests/templates/" + name};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Pages, all_compile_and_every_literal_text_key_exists_in_three_languages) {
  Renderer const renderer = load_renderer();
  EXPECT_THAT(renderer.catalogue().languages(), testing::ElementsAre("en", "kk", "ru"));
  EXPECT_THAT(renderer.problems(), IsEmpty());
}

TEST(Pages, languages_have_the_same_keys_and_placeholders) {
  EXPECT_THAT(load_catalogue().problems(), IsEmpty());
}

TEST(Pages, the_gallery_shows_every_part_in_three_languages) {
  Renderer const renderer = load_renderer();
  auto const data = boost::json::parse(read("gallery.json"));
  for (std::string const language : {"kk", "ru", "en"}) {
    std::string const page = renderer.render("gallery", language, data);
    EXPECT_THAT(page, HasSubstr("<html lang=\"" + language + "\">"));
    EXPECT_THAT(page, HasSubstr("</html>"));
    EXPECT_THAT(page, Not(HasSubstr("{{")));
    EXPECT_THAT(page, HasSubstr("value=\"8701&quot;&lt;\"")) << "what was typed is kept";
    EXPECT_THAT(page, HasSubstr("\n&lt;/textarea&gt;&lt;b&gt;</textarea>"));
    if (char const* folder = std::getenv("QYZMET_GALLERY"))
      std::ofstream{std::string{folder} + "/gallery." + language + ".html"} << page;
  }
  EXPECT_THAT(renderer.catalogue().missing(), IsEmpty());
}

TEST(Pages, ids_of_the_gallery_are_unique) {
  std::string const page =
      load_renderer().render("gallery", "kk", boost::json::parse(read("gallery.json")));
  std::set<std::string> ids;
  for (std::size_t at = 0; (at = page.find(" id=\"", at)) != page.npos;) {
    at += 5;
    EXPECT_TRUE(ids.insert(page.substr(at, page.find('"', at) - at)).second);
  }
  EXPECT_GT(ids.size(), 10U);
}

TEST(Pages, the_ribbon_speaks_in_sentences) {
  std::string const page =
      load_renderer().render("gallery", "en", boost::json::parse(read("gallery.json")));
  EXPECT_THAT(page, HasSubstr("Friday, 27 November 2026: working day 4 of the count."));
  EXPECT_THAT(page, HasSubstr("Saturday, 28 November 2026: not counted, Saturday."));
  EXPECT_THAT(page, HasSubstr("Last day of the term."));
}

TEST(Assets, fonts_and_stylesheet_are_embedded_and_typed) {
  std::size_t font_bytes = 0;
  for (Asset const& asset : assets()) {
    EXPECT_EQ(asset.etag.size(), 16U);
    if (asset.name.ends_with(".woff2")) font_bytes += asset.bytes.size();
  }
  EXPECT_GT(font_bytes, 20'000U);
  EXPECT_LT(font_bytes, 300'000U);
  ASSERT_NE(find_asset("app.css"), nullptr);
  EXPECT_EQ(find_asset("app.css")->content_type, "text/css; charset=utf-8");
  EXPECT_EQ(find_asset("../pages/gallery.html"), nullptr);
  EXPECT_EQ(assets_version().size(), 16U);
}

}  // namespace
}  // namespace qyzmet::templates
