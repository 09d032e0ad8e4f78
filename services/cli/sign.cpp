// `qyzmet sign`: a CAdES signature over a file, or one inside a PDF of ours (PAdES), by a key file,
// or by the seal of the configuration. With --level T the timestamp authority of the configuration
// is asked.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdio>
#include <fstream>

#include "services/cli/configuration.hpp"
#include "services/cli/options.hpp"
#include "services/peers/signer.hpp"
#include "services/peers/tsa.hpp"
#include "services/platform/file.hpp"
#include "signing/pdf.hpp"
#include "signing/tsp.hpp"

namespace qyzmet::cli {

namespace asio = boost::asio;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet sign --content FILE --out FILE [--p12 FILE --password-file FILE] "
    "[--level B|T] [--attached] [--pem] [--pades] [--config FILE]";

struct Job {
  std::string content;
  bool attached = false, pem = false, pades = false, timestamp = false;
};

std::unique_ptr<peers::Signer> open_signer(Options const& options, platform::Config const& config) {
  auto chosen = config;
  if (auto const file = options.get("--p12"); !file.empty()) {
    chosen.seal = "p12";
    chosen.seal_p12 = file;
    chosen.seal_password_file = options.get("--password-file");
  }
  return peers::open_signer(chosen);
}

asio::awaitable<Result<std::string>> stamp(peers::TsaClient& tsa, std::string cms) {
  auto const question = signing::tsp_question_for(cms);
  if (!question) co_return std::unexpected(question.error());
  auto const answer = co_await tsa.stamp(question->request);
  if (!answer) co_return std::unexpected(answer.error());
  auto const token = signing::tsp_token(*answer, *question);
  if (!token) co_return std::unexpected(token.error());
  co_return signing::with_timestamp(cms, *token);
}

asio::awaitable<Result<std::string>> sign(Job const& job, peers::Signer& signer,
                                          peers::TsaClient& tsa) {
  auto const room = job.pades ? signing::reserve_pdf_signature(job.content) : job.content;
  if (!room) co_return std::unexpected(room.error());
  auto const now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  signing::SignOptions options{.at = now, .attached = job.attached};
  if (job.pades) options = {.at = {}, .attached = false};
  auto const bytes = job.pades ? signing::bytes_to_sign(*room) : job.content;
  auto const draft = signing::begin_cms(signer.certificate(), bytes, options);
  if (!draft) co_return std::unexpected(draft.error());
  auto const value = co_await signer.sign(draft->to_sign);
  if (!value) co_return std::unexpected(value.error());
  auto cms = signing::finish_cms(*draft, *value);
  if (cms && job.timestamp) cms = co_await stamp(tsa, std::move(*cms));
  if (!cms) co_return std::unexpected(cms.error());
  if (job.pades) co_return signing::embed_pdf_signature(*room, *cms);
  co_return job.pem ? signing::to_pem_cms(*cms) : std::move(*cms);
}

int write(std::string const& path, std::string const& bytes) {
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out << bytes;
  out.close();
  if (out) return 0;
  std::fprintf(stderr, "qyzmet: cannot write %s\n", path.c_str());
  return 1;
}

int say(Error const& error) {
  auto const reason = error.arguments.find("reason");
  std::fprintf(stderr, "qyzmet: %s%s\n", error.text.c_str(),
               reason == error.arguments.end() ? "" : (" (" + reason->second + ")").c_str());
  return 1;
}

}  // namespace

int run_sign(Arguments arguments) {
  auto const options = Options::parse(
      arguments, {"--content", "--out", "--p12", "--password-file", "--level", "--config"},
      {"--attached", "--pem", "--pades"});
  if (!options) return wrong_use(options.error());
  auto const level = options->get("--level", "T");
  if (options->get("--content").empty() || options->get("--out").empty() ||
      !options->words().empty() || (level != "B" && level != "T") ||
      options->get("--p12").empty() != options->get("--password-file").empty())
    return wrong_use(k_usage);
  auto const content = platform::find_file(options->get("--content"));
  if (!content) return wrong_use("cannot read " + options->get("--content"));
  auto const config = configuration(*options);
  if (!config) return 1;
  if (level == "T" && config->tsa_url.empty())
    return wrong_use("a timestamp needs tsa_url in the configuration; or take --level B");
  auto const signer = open_signer(*options, *config);
  peers::TsaClient tsa{config->tsa_url, config->limits};
  Job const job{.content = *content,
                .attached = options->has("--attached"),
                .pem = options->has("--pem"),
                .pades = options->has("--pades"),
                .timestamp = level == "T"};
  asio::io_context io;
  auto done = asio::co_spawn(io, sign(job, *signer, tsa), asio::use_future);
  io.run();
  auto const made = done.get();
  if (!made) return say(made.error());
  return write(options->get("--out"), *made);
}

}  // namespace qyzmet::cli
