// The program `qyzmet-simulators`: the world outside, one subcommand for each peer, each on its own
// loopback port until SIGTERM or SIGINT.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/http/server.hpp"
#include "services/platform/log.hpp"
#include "services/simulators/clamd.hpp"
#include "services/simulators/egov_mobile.hpp"
#include "services/simulators/ncalayer.hpp"
#include "services/simulators/pki.hpp"
#include "services/simulators/signer.hpp"
#include "services/simulators/sms.hpp"
#include "services/simulators/smtp.hpp"

namespace {

namespace asio = boost::asio;
namespace http = qyzmet::http;
namespace simulators = qyzmet::simulators;

constexpr char const* k_usage =
    "usage: qyzmet-simulators pki --folder DIR [--port 8090] [--clock FILE|URL]\n"
    "       qyzmet-simulators sms [--port 8091] [--clock FILE|URL]\n"
    "       qyzmet-simulators smtp [--port 8095] [--page-port 8096]\n"
    "                              [--tls-certificate FILE --tls-key FILE]\n"
    "       qyzmet-simulators clamd [--port 8092] [--control-port N]\n"
    "       qyzmet-simulators signer --folder DIR [--port 8093] [--token TEXT]\n"
    "       qyzmet-simulators egov-mobile --folder DIR [--port 8094] [--clock FILE|URL]\n"
    "       qyzmet-simulators ncalayer --folder DIR [--port 13579] [--tsa URL] [--clock FILE|URL]\n"
    "                                  [--tls-certificate FILE --tls-key FILE]\n";

using Options = std::map<std::string, std::string, std::less<>>;

std::string value_of(Options const& options, std::string_view name, std::string_view otherwise) {
  auto const found = options.find(name);
  return found == options.end() ? std::string{otherwise} : found->second;
}

std::uint16_t port_of(Options const& options, std::string_view name, std::string_view otherwise) {
  auto const text = value_of(options, name, otherwise);
  std::uint16_t port = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error{"not a port: " + text};
  return port;
}

simulators::Clock clock_of(Options const& options) {
  return simulators::Clock{value_of(options, "--clock", value_of(options, "--clock-file", ""))};
}

void run_until_signal(asio::io_context& io) {
  asio::signal_set signals{io, SIGINT, SIGTERM};
  signals.async_wait([&io](auto, auto) { io.stop(); });
  io.run();
}

void serve(http::Router const& router, std::uint16_t port) {
  asio::io_context io{1};
  http::ServerOptions options;
  options.port = port;
  // All calls come from one address, however many they are.
  options.limits.connections_per_address_max = options.limits.connections_max;
  http::Server server{io, options, router, {}};
  server.start();
  run_until_signal(io);
}

void run_pki(Options const& options) {
  simulators::PkiSimulator pki{simulators::read_authority(value_of(options, "--folder", ".")),
                               clock_of(options)};
  http::Router router;
  pki.add_routes(router);
  serve(router, port_of(options, "--port", "8090"));
}

void run_sms(Options const& options) {
  simulators::SmsSimulator sms{clock_of(options)};
  http::Router router;
  sms.add_routes(router);
  serve(router, port_of(options, "--port", "8091"));
}

void run_smtp(Options const& options) {
  asio::io_context io{1};
  auto const certificate = value_of(options, "--tls-certificate", "");
  simulators::SmtpSimulator smtp{
      io, port_of(options, "--port", "8095"),
      certificate.empty() ? nullptr
                          : http::make_server_tls(certificate, value_of(options, "--tls-key", ""))};
  smtp.start();
  http::Router router;
  smtp.add_routes(router);
  http::ServerOptions pages;
  pages.port = port_of(options, "--page-port", "8096");
  pages.limits.connections_per_address_max = pages.limits.connections_max;
  http::Server server{io, pages, router, {}};
  server.start();
  run_until_signal(io);
}

void run_clamd(Options const& options) {
  asio::io_context io{1};
  simulators::ClamdSimulator clamd{io, port_of(options, "--port", "8092")};
  clamd.start();
  http::Router router;
  clamd.faults().add_routes(router);
  http::ServerOptions control;
  control.port = port_of(options, "--control-port", "0");
  http::Server server{io, control, router, {}};
  if (options.contains("--control-port")) server.start();
  run_until_signal(io);
}

void run_signer(Options const& options) {
  simulators::SignerSimulator signer{simulators::read_people(value_of(options, "--folder", ".")),
                                     value_of(options, "--token", "demo")};
  http::Router router;
  signer.add_routes(router);
  serve(router, port_of(options, "--port", "8093"));
}

void run_egov_mobile(Options const& options) {
  simulators::EgovMobileSimulator phone{simulators::read_people(value_of(options, "--folder", ".")),
                                        clock_of(options)};
  http::Router router;
  phone.add_routes(router);
  serve(router, port_of(options, "--port", "8094"));
}

void run_ncalayer(Options const& options) {
  asio::io_context io{1};
  simulators::NcaLayerSimulator program{
      io,
      simulators::read_people(value_of(options, "--folder", ".")),
      clock_of(options),
      {.port = port_of(options, "--port", "13579"),
       .tsa_url = value_of(options, "--tsa", ""),
       .tls_certificate = value_of(options, "--tls-certificate", ""),
       .tls_key = value_of(options, "--tls-key", "")}};
  program.start();
  run_until_signal(io);
}

int run(std::vector<std::string_view> const& words) {
  std::map<std::string_view, void (*)(Options const&)> const commands{
      {"pki", run_pki},          {"sms", run_sms},       {"smtp", run_smtp},
      {"clamd", run_clamd},      {"signer", run_signer}, {"egov-mobile", run_egov_mobile},
      {"ncalayer", run_ncalayer}};
  auto const command = words.empty() ? commands.end() : commands.find(words.front());
  Options options;
  bool sound = command != commands.end() && words.size() % 2 == 1;
  for (std::size_t i = 1; sound && i + 1 < words.size(); i += 2) {
    sound = words[i].starts_with("--");
    options.emplace(words[i], words[i + 1]);
  }
  if (!sound) {
    std::fputs(k_usage, stderr);
    return 2;
  }
  command->second(options);
  return 0;
}

}  // namespace

int main(int count, char** arguments) try {
  return run({arguments + 1, arguments + count});
} catch (std::exception const& error) {
  std::fprintf(stderr, "qyzmet-simulators: %s\n", error.what());
  return 1;
}
