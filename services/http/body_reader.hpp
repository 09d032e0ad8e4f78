#pragma once
// The body of one request, from its pieces to what the handler sees: text, form or files. Belongs
// to one request. Files go to sinks while they arrive; one that is too large or one too many is
// dropped and reported in Request::upload_errors, so that the form around it is not lost.
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "services/http/forms.hpp"
#include "services/http/message.hpp"
#include "services/http/router.hpp"
#include "services/http/upload.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::http {

/// The most that a route's body of this content type may have, files and their framing included.
std::size_t body_bytes_max(Route const& route, std::string_view content_type,
                           platform::Limits const& limits);
/// 0 when the route takes this content type; 415 or, for a route without body, 413.
int refuse_content_type(Route const& route, std::string_view content_type);

class BodyReader {
 public:
  /// All references must outlive the reader.
  BodyReader(Request& request, Route const& route, platform::Limits const& limits,
             UploadSinkFactory const& sinks);
  ~BodyReader();

  /// The status that ends the request, 0 to go on. Exceptions of a sink go through.
  boost::asio::awaitable<int> put(std::string_view piece);
  boost::asio::awaitable<int> finish();

 private:
  struct File;
  boost::asio::awaitable<int> drain_parts();
  int add_field(MultipartParser::Event const& event);
  void begin_file(MultipartParser::Event const& event);
  boost::asio::awaitable<void> add_to_file(std::string_view piece);
  boost::asio::awaitable<void> end_file();
  void drop_file(ErrorCode code, std::string text);

  Request& request_;
  platform::Limits const& limits_;
  UploadSinkFactory const& sinks_;
  std::optional<MultipartParser> parts_;
  std::unique_ptr<File> file_;
  bool is_form_ = false;
};

}  // namespace qyzmet::http
