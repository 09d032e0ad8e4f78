#pragma once
// Where the files of a multipart body go while they arrive. The server hashes and measures the
// plain bytes and hands them on piece by piece; what keeps them (sealed on disk) is supplied from
// above. One sink belongs to one file of one request and is used by one coroutine at a time. A sink
// that is destroyed before finish() removes what it wrote. Faults of the disk are exceptions: the
// request ends with 503.
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "services/http/message.hpp"

namespace qyzmet::http {

class UploadSink {
 public:
  virtual ~UploadSink() = default;
  /// `piece` stays valid until the coroutine ends; a sink may go to a worker thread meanwhile.
  virtual boost::asio::awaitable<void> write(std::string_view piece) = 0;
  /// All bytes are there: make them readable under the path that is returned, with its owner.
  virtual boost::asio::awaitable<std::shared_ptr<TemporaryFile>> finish() = 0;
};

using UploadSinkFactory = std::function<std::unique_ptr<UploadSink>()>;

}  // namespace qyzmet::http
