#pragma once
// The program that citizens have beside their browser, with the demo people's keys: a websocket
// that signs, and on the same port a page where one chooses "the key in the reader". There is no
// window to confirm in; what the person would do there is chosen beforehand:
//   POST /choose?person=ID     that person's keys; "auto" (as at start): by the IIN of the request,
//                              and the first person where it names none
//   POST /choose?mode=MODE     confirm; gost (confirm, and sign documents with the GOST key); old
//                              (a program that knows commonUtils alone); wrong_key (the key for
//                              signing in where documents are signed, and the other way round);
//                              cancel; error; silent (no answer); drop (ends the connection);
//                              stubborn (signs with the chosen key, whatever is asked)
//   GET /state.json            what is chosen
// Lifetime: must outlive the run of its io_context. Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "services/http/message.hpp"
#include "services/simulators/clock.hpp"
#include "services/simulators/demo_folder.hpp"
#include "services/simulators/nca_protocol.hpp"

namespace qyzmet::simulators {

inline constexpr std::size_t k_call_bytes_max = std::size_t{16} << 20;

struct NcaLayerOptions {
  std::uint16_t port = 13579;        // 0: any free one
  std::string tsa_url = {};          // empty: requests for a timestamp are passed over
  std::string tls_certificate = {};  // PEM files; both empty: ws:// and http://
  std::string tls_key = {};
};

class NcaLayerSimulator {
 public:
  /// Binds to 127.0.0.1 at once.
  NcaLayerSimulator(boost::asio::io_context& io, std::vector<Person> people, Clock clock,
                    NcaLayerOptions options);

  void start();
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  /// False: no such person or mode. Empty strings leave things as they are.
  bool choose(std::string const& person, std::string const& mode);
  /// The answer to one message; nothing when none is to be given.
  boost::asio::awaitable<std::optional<std::string>> answer(std::string message);
  /// True: the connection is to end without an answer.
  bool drops() const { return chosen().mode == "drop"; }
  /// The page and its actions.
  http::Response page(http::Method method, std::string const& target);

 private:
  struct Chosen {
    std::string person = "auto";
    std::string mode = "confirm";
  };

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);

  Chosen chosen() const;
  /// The key that the reader offers for the call, or why it has none.
  Result<signing::SigningKey const*> key_for(nca::Call const& call) const;
  boost::asio::awaitable<std::string> sign(nca::Call const& call, signing::SigningKey const& key);
  boost::asio::awaitable<Result<std::string>> stamped(std::string cms);
  std::string key_info(nca::Call const& call) const;
  std::string front_page() const;
  std::string state_json() const;

  boost::asio::io_context& io_;
  std::vector<Person> people_;
  Clock clock_;
  NcaLayerOptions options_;
  std::optional<boost::asio::ssl::context> tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  mutable std::mutex mutex_;
  Chosen chosen_;
};

}  // namespace qyzmet::simulators
