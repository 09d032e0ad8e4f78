#include "services/http/body_reader.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "engine/base/check.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::http {
namespace {

namespace asio = boost::asio;

constexpr std::string_view k_form_type = "application/x-www-form-urlencoded";

/// "text/html; charset=utf-8" -> "text/html"
std::string media_type(std::string_view content_type) {
  auto text = std::string{content_type.substr(0, content_type.find(';'))};
  while (text.ends_with(' ') || text.ends_with('\t')) text.pop_back();
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool is_json(std::string_view content_type) {
  return media_type(content_type) == "application/json";
}

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
      throw std::runtime_error("SHA-256 is not available");
  }
  void put(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    return platform::to_hex({reinterpret_cast<char const*>(digest.data()), size});
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

/// The file that is arriving. Without a sink its bytes are thrown away.
struct BodyReader::File {
  Upload upload;
  Sha256 hash;
  std::unique_ptr<UploadSink> sink;
};

std::size_t body_bytes_max(Route const& route, std::string_view content_type,
                           platform::Limits const& limits) {
  if (route.body_bytes_max != 0) return route.body_bytes_max;
  switch (route.body) {
    case Body::none:
      return 0;
    case Body::form:
      return limits.body_form_bytes_max;
    case Body::json:
      return limits.body_json_bytes_max;
    case Body::bytes:
      return limits.body_bytes_max;
    case Body::json_or_multipart:
      if (is_json(content_type)) return limits.body_json_bytes_max;
      break;
    case Body::multipart:
      break;
  }
  auto const parts = limits.form_fields_max + limits.files_max;
  // Twice the files: one that is too large is still read to its end, to keep the form.
  return 2 * limits.files_max * limits.file_bytes_max + limits.body_form_bytes_max +
         parts * limits.part_header_bytes_max;
}

int refuse_content_type(Route const& route, std::string_view content_type) {
  auto const type = media_type(content_type);
  bool taken = false;
  switch (route.body) {
    case Body::none:
      return 413;
    case Body::bytes:
      taken = true;
      break;
    case Body::json:
      taken = is_json(content_type);
      break;
    case Body::json_or_multipart:
      taken = is_json(content_type) || multipart_boundary(content_type).has_value();
      break;
    case Body::form:
      taken = type == k_form_type;
      break;
    case Body::multipart:
      taken = type == k_form_type || multipart_boundary(content_type).has_value();
      break;
  }
  return taken ? 0 : 415;
}

BodyReader::BodyReader(Request& request, Route const& route, platform::Limits const& limits,
                       UploadSinkFactory const& sinks)
    : request_(request), limits_(limits), sinks_(sinks) {
  auto const content_type = request.headers.get("Content-Type");
  is_form_ = (route.body == Body::form || route.body == Body::multipart) &&
             media_type(content_type) == k_form_type;
  bool const has_parts = route.body == Body::multipart
                             ? !is_form_
                             : route.body == Body::json_or_multipart && !is_json(content_type);
  if (!has_parts) return;
  auto const boundary = multipart_boundary(content_type);
  check(boundary.has_value(), "refuse_content_type() was asked first");
  parts_.emplace(*boundary, limits);
}

BodyReader::~BodyReader() = default;

asio::awaitable<int> BodyReader::put(std::string_view piece) {
  if (parts_) {
    parts_->put(piece);
    auto const status = co_await drain_parts();
    co_return status;
  }
  if (is_form_ && request_.body.size() + piece.size() > limits_.body_form_bytes_max) co_return 413;
  request_.body.append(piece);
  co_return 0;
}

asio::awaitable<int> BodyReader::finish() {
  if (parts_) co_return parts_->next().kind == MultipartParser::Kind::done ? 0 : 400;
  if (!is_form_) co_return 0;
  auto fields = parse_urlencoded(request_.body, limits_.form_fields_max);
  if (!fields) co_return 400;
  request_.form = std::move(*fields);
  request_.body.clear();
  co_return 0;
}

asio::awaitable<int> BodyReader::drain_parts() {
  using Kind = MultipartParser::Kind;
  for (;;) {
    auto const event = parts_->next();
    switch (event.kind) {
      case Kind::need_more:
      case Kind::done:
        co_return 0;
      case Kind::malformed:
        co_return 400;
      case Kind::too_large:
        co_return 413;
      case Kind::field: {
        int const status = add_field(event);
        if (status != 0) co_return status;
        break;
      }
      case Kind::file_begin:
        begin_file(event);
        break;
      case Kind::file_data:
        co_await add_to_file(event.data);
        break;
      case Kind::file_end:
        co_await end_file();
        break;
    }
  }
}

int BodyReader::add_field(MultipartParser::Event const& event) {
  if (request_.form.size() == limits_.form_fields_max) return 413;
  return request_.form.emplace(event.name, event.data).second ? 0 : 400;
}

void BodyReader::begin_file(MultipartParser::Event const& event) {
  file_ = std::make_unique<File>();
  file_->upload.field = event.name;
  file_->upload.name = event.file_name;
}

/// The first piece opens the sink: an input without a chosen file arrives as an empty file without
/// a name.
asio::awaitable<void> BodyReader::add_to_file(std::string_view piece) {
  auto& upload = file_->upload;
  if (upload.size == 0) {
    if (!sinks_ || request_.uploads.size() == limits_.files_max) {
      drop_file(ErrorCode::too_large, "error.too_many_files");
    } else {
      file_->sink = sinks_();
    }
  }
  upload.size += piece.size();
  if (!file_->sink) co_return;
  if (upload.size > limits_.file_bytes_max) {
    drop_file(ErrorCode::too_large, "error.file_too_large");
    co_return;
  }
  file_->hash.put(piece);
  upload.head.append(piece.substr(0, limits_.file_head_bytes - upload.head.size()));
  co_await file_->sink->write(piece);
}

asio::awaitable<void> BodyReader::end_file() {
  if (file_->sink) {
    file_->upload.file = co_await file_->sink->finish();
    file_->upload.path = file_->upload.file->path();
    file_->upload.sha256 = file_->hash.hex();
    request_.uploads.push_back(std::move(file_->upload));
  } else if (file_->upload.size == 0 && !file_->upload.name.empty()) {
    drop_file(ErrorCode::invalid, "error.file_empty");
  }
  file_.reset();
}

void BodyReader::drop_file(ErrorCode code, std::string text) {
  file_->sink.reset();
  auto const& upload = file_->upload;
  request_.upload_errors.push_back({.code = code,
                                    .text = std::move(text),
                                    .arguments = {{"file", upload.name}},
                                    .field = upload.field});
}

}  // namespace qyzmet::http
