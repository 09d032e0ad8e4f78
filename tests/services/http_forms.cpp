#include "services/http/forms.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "services/platform/encoding.hpp"
#include "tests/services/http_rig.hpp"
#include "tests/support/http_pieces.hpp"

namespace qyzmet::tests {
namespace {

std::string parts_of(std::string_view body, std::vector<std::size_t> const& cuts,
                     platform::Limits const& limits = {}) {
  return parts_in(body, cuts, limits, [](auto const&) {});
}

std::string field_part(std::string const& name, std::string const& value) {
  return "--XY\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}
std::string file_part(std::string const& name, std::string const& file, std::string const& bytes) {
  return "--XY\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + file +
         "\"\r\nContent-Type: application/pdf\r\n\r\n" + bytes + "\r\n";
}

TEST(Multipart, EveryCutGivesTheSameParts) {
  auto const body = field_part("a", "1\r\n--X") + file_part("f", "n.pdf", "x\r\n--XZ\r\r\n-") +
                    field_part("empty", "") + file_part("none", "", "") + "--XY--\r\n";
  std::string const expected =
      "field a=1\r\n--X;file f n.pdf=x\r\n--XZ\r\r\n-;field empty=;file none =;done";
  EXPECT_EQ(parts_of(body, {}), expected);
  for (std::size_t first = 0; first <= body.size(); ++first)
    EXPECT_EQ(parts_of(body, {first}), expected) << first;
  for (std::size_t first = 0; first <= body.size(); first += 3)
    for (std::size_t second = first; second <= body.size(); second += 2)
      ASSERT_EQ(parts_of(body, {first, second}), expected) << first << ' ' << second;
}

TEST(Multipart, BrokenBodiesAreMalformed) {
  auto const headers = [](std::string const& text) {
    return "--XY\r\n" + text + "\r\n\r\nv\r\n--XY--";
  };
  for (auto const& body :
       {std::string{"--XZ\r\n"}, std::string{"preamble\r\n--XY\r\n"},
        "--XYZ" + field_part("a", "1"), headers("X: 1"),
        headers("Content-Disposition: attachment; name=\"a\""),
        headers("Content-Disposition: form-data"),
        headers("Content-Disposition: form-data; name=\"\""),
        headers("Content-Disposition: form-data; name=\"a\"; name=\"b\""),
        headers("Content-Disposition: form-data; name=\"a"),
        headers("Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''b"),
        headers("Content-Disposition: form-data; name=\"a\nb\""),
        headers("Content-Disposition: form-data; name=\"\xff\""),
        headers("Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64"),
        headers("Content-Disposition: form-data; name=\"a\"\r\n folded"),
        field_part("a", std::string{"\0", 1}) + "--XY--", field_part("a", "\xc0\x80") + "--XY--"})
    EXPECT_TRUE(parts_of(body, {}).ends_with("malformed")) << body;
  EXPECT_TRUE(parts_of(field_part("a", "1"), {}).ends_with("cut"));
}

TEST(Multipart, LimitsHold) {
  platform::Limits limits;
  limits.body_form_bytes_max = 100;
  limits.form_fields_max = 3;
  limits.files_max = 1;
  auto const large = field_part("a", std::string(101, 'x')) + "--XY--";
  EXPECT_TRUE(parts_of(large, {}, limits).ends_with("too large"));
  std::string many;
  for (int i = 0; i < 5; ++i) many += field_part(std::to_string(i), "");
  EXPECT_TRUE(parts_of(many + "--XY--", {}, limits).ends_with("too large"));
  EXPECT_TRUE(parts_of("--XY\r\nX: " + std::string(3000, 'x'), {}, limits).ends_with("too large"));
}

TEST(Multipart, FileNamesLoseTheirFolders) {
  EXPECT_EQ(parts_of(file_part("f", "../../etc/passwd", "") + "--XY--", {}), "file f passwd=;done");
  EXPECT_EQ(parts_of(file_part("f", "C:\\a\\b.pdf", "") + "--XY--", {}), "file f b.pdf=;done");
}

TEST(Multipart, TheBoundaryComesFromTheContentType) {
  using http::multipart_boundary;
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=XY"), "XY");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data;charset=utf-8; boundary=\"X Y\""), "X Y");
  for (auto const* bad : {"multipart/form-data", "multipart/mixed; boundary=XY",
                          "multipart/form-data; boundary=", "multipart/form-data; boundary=\"X\"Y",
                          "multipart/form-data; boundary=X; boundary=Y"})
    EXPECT_EQ(multipart_boundary(bad), std::nullopt) << bad;
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'x')),
            std::nullopt);
}

TEST(Urlencoded, IsDecodedStrictly) {
  auto const fields = http::parse_urlencoded("a=1+2&b=%26%3D&c&d=x=y&&", 10);
  ASSERT_TRUE(fields.has_value());
  EXPECT_EQ(*fields, (http::Fields{{"a", "1 2"}, {"b", "&="}, {"c", ""}, {"d", "x=y"}}));
  for (auto const* bad : {"a=1&a=2", "a=%", "a=%1", "a=%g1", "=1", "a=%00", "a=%c0%80", "%0a=1"})
    EXPECT_FALSE(http::parse_urlencoded(bad, 10).has_value()) << bad;
  EXPECT_FALSE(http::parse_urlencoded("a=1&b=2", 1).has_value());
}

TEST(Cookies, TheFirstOfEqualNamesCounts) {
  EXPECT_EQ(http::parse_cookies("a=1; b=2;a=3; bad; =x;c="),
            (http::Fields{{"a", "1"}, {"b", "2"}, {"c", ""}}));
}

TEST(Cookies, AreHostBoundAndNotForScripts) {
  http::Response response;
  http::set_cookie(response, {.name = "session", .value = "abc"});
  http::set_cookie(response, {.name = "x", .value = "", .secure = false, .max_age_s = 0});
  ASSERT_EQ(response.headers.all().size(), 2u);
  EXPECT_EQ(response.headers.all()[0].second,
            "__Host-session=abc; Path=/; HttpOnly; SameSite=Lax; Secure");
  EXPECT_EQ(response.headers.all()[1].second, "x=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
}

/// Keeps plain bytes; what the product's sink adds is sealing.
class FolderSink final : public http::UploadSink {
 public:
  explicit FolderSink(std::filesystem::path path) : path_(std::move(path)), file_(path_) {}
  ~FolderSink() override {
    if (!finished_) std::filesystem::remove(path_);
  }
  asio::awaitable<void> write(std::string_view piece) override {
    file_ << piece;
    co_return;
  }
  asio::awaitable<std::shared_ptr<http::TemporaryFile>> finish() override {
    file_.close();
    finished_ = true;
    co_return std::make_shared<http::TemporaryFile>(path_);
  }

 private:
  std::filesystem::path path_;
  std::ofstream file_;
  bool finished_ = false;
};

class UploadTest : public testing::Test {
 protected:
  UploadTest() {
    std::filesystem::create_directories(folder_);
    rig_.route(http::Method::post, "/upload", http::Body::multipart, echo);
    rig_.hooks.upload_sink = [this] {
      return std::make_unique<FolderSink>(folder_ / std::to_string(++count_));
    };
    rig_.options.limits.file_bytes_max = 100'000;
    rig_.options.limits.files_max = 2;
  }
  ~UploadTest() override {
    rig_.stop();
    std::filesystem::remove_all(folder_);
  }
  std::string post(std::string const& body) {
    return rig_.exchange(
        "POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        "Content-Type: multipart/form-data; boundary=XY\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  bool folder_is_empty() const { return std::filesystem::is_empty(folder_); }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("qyzmet-upload-" + std::to_string(::getpid()));
  std::atomic<int> count_{0};
  Rig rig_;
};

TEST_F(UploadTest, FilesAreHashedWhileTheyArriveAndGoAwayAfterwards) {
  rig_.start();
  std::string const bytes(90'000, 'b');
  auto const answer = post(field_part("name", "\xd2\x9a") + file_part("photo", "a.png", bytes) +
                           file_part("unused", "", "") + "--XY--\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_TRUE(answer.contains("name=\xd2\x9a\n")) << answer;
  EXPECT_TRUE(answer.contains("file photo a.png 90000 " + platform::sha256_hex(bytes) + "\n"));
  EXPECT_FALSE(answer.contains("unused"));
  EXPECT_EQ(count_, 1);
  EXPECT_TRUE(folder_is_empty());
}

TEST_F(UploadTest, AFileTooLargeLosesNothingThatWasTyped) {
  rig_.start();
  auto const answer =
      post(file_part("photo", "a.png", std::string(100'001, 'b')) + field_part("name", "typed") +
           file_part("paper", "b.pdf", "pdf") + "--XY--\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_TRUE(answer.contains("name=typed\n"));
  EXPECT_TRUE(answer.contains("error error.file_too_large\n"));
  EXPECT_FALSE(answer.contains("file photo"));
  EXPECT_TRUE(answer.contains("file paper b.pdf 3 "));
  EXPECT_TRUE(folder_is_empty());
}

TEST_F(UploadTest, OneFileTooManyIsReported) {
  rig_.start();
  auto const answer = post(file_part("a", "a", "1") + file_part("b", "b", "2") +
                           file_part("c", "c", "3") + "--XY--\r\n");
  EXPECT_TRUE(answer.contains("file b b 1 "));
  EXPECT_TRUE(answer.contains("error error.too_many_files\n"));
}

TEST_F(UploadTest, ACutOrMalformedUploadLeavesNoFile) {
  rig_.start();
  EXPECT_EQ(status_of(post(file_part("a", "a", "1") + "--XYoops")), 400);
  EXPECT_EQ(status_of(post(field_part("a", "1") + field_part("a", "2") + "--XY--")), 400);
  EXPECT_EQ(status_of(post(file_part("a", "a", "1"))), 400);
  {
    RawClient client{rig_.port()};
    client.send(
        "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=XY\r\n"
        "Content-Length: 10000\r\n\r\n" +
        file_part("a", "a", "half"));
  }
  for (int i = 0; i < 100 && !folder_is_empty(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(folder_is_empty());
}

}  // namespace
}  // namespace qyzmet::tests
