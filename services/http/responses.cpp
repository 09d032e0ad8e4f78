#include "services/http/responses.hpp"

#include <algorithm>

#include "services/http/forms.hpp"

namespace qyzmet::http {
namespace {

bool is_own_path(std::string_view location) {
  auto const plain = [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; };
  return location.starts_with('/') && !location.starts_with("//") &&
         std::ranges::all_of(location, plain);
}

/// Spreads the retries of many clients over 5 to 30 seconds.
std::string retry_after_s(std::string_view request_id) {
  unsigned sum = 0;
  for (char const c : request_id) sum = sum * 31 + static_cast<unsigned char>(c);
  return std::to_string(5 + sum % 26);
}

}  // namespace

Response redirect(std::string_view location) {
  Response response{.status = 303};
  response.headers.set("Location", std::string{is_own_path(location) ? location : "/"});
  response.content_type.clear();
  return response;
}

Response page(std::string html, int status) {
  return {.status = status, .body = std::move(html)};
}

Response json(std::string body, int status) {
  return {.status = status, .body = std::move(body), .content_type = "application/json"};
}

Response download(std::string bytes, std::string content_type, std::string_view file_name) {
  std::string ascii;
  for (char const c : file_name)
    ascii += (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '.' || c == '-'
                 ? c
                 : '_';
  Response response{.body = std::move(bytes), .content_type = std::move(content_type)};
  response.headers.set(
      "Content-Disposition",
      "attachment; filename=\"" + ascii + "\"; filename*=UTF-8''" + percent_encode(file_name));
  response.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
  return response;
}

Response error_response(int status, std::string_view request_id) {
  Response response{.status = status, .content_type = "text/plain; charset=utf-8"};
  response.body = std::to_string(status) + ' ' + std::string{reason_of(status)} + "\nrequest " +
                  std::string{request_id} + '\n';
  if (status == 503 || status == 429)
    response.headers.set("Retry-After", retry_after_s(request_id));
  return response;
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:
      return 422;
    case ErrorCode::forbidden:
      return 403;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::gone:
      return 410;
    case ErrorCode::too_large:
      return 413;
    case ErrorCode::unavailable:
      return 503;
  }
  return 500;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace qyzmet::http
