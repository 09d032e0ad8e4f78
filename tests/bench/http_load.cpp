#include "tests/bench/http_load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace qyzmet::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int k_silence_ms_max = 20'000;
constexpr std::size_t k_answer_bytes_max = 8 * 1024 * 1024;
constexpr std::string_view k_head_end = "\r\n\r\n";
constexpr std::string_view k_length = "\r\nContent-Length: ";
constexpr std::string_view k_last = "\r\nConnection: close";

[[noreturn]] void fail(char const* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_{value} {
    if (value < 0) fail("descriptor");
  }
  ~Descriptor() { ::close(value_); }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

std::unique_ptr<Descriptor> connect_to(Target target) {
  auto socket = std::make_unique<Descriptor>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket->get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    fail("connect");
  int const on = 1;
  ::setsockopt(socket->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

/// One connection: sends a request, waits for its whole answer.
struct Client {
  std::size_t index = 0;
  std::unique_ptr<Descriptor> socket;
  Exchange exchange;
  std::string answer;
  Clock::time_point sent;

  void send() {
    sent = Clock::now();
    std::string_view rest = exchange.request;
    while (!rest.empty()) {
      auto const size = ::send(socket->get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (size < 0) fail("send");
      rest.remove_prefix(static_cast<std::size_t>(size));
    }
    answer.clear();
  }
  void receive() {
    std::array<char, 32 * 1024> part;
    auto const size = ::recv(socket->get(), part.data(), part.size(), 0);
    if (size < 0) fail("recv");
    if (size == 0) throw std::runtime_error{"the server hung up before its answer was complete"};
    answer.append(part.data(), static_cast<std::size_t>(size));
    if (answer.size() > k_answer_bytes_max) throw std::runtime_error{"the answer is too long"};
  }
  bool complete() const {
    auto const head = answer.find(k_head_end);
    if (head == std::string::npos) return false;
    auto const at = answer.find(k_length);
    if (at > head) throw std::runtime_error{"an answer without Content-Length"};
    std::size_t length = 0;
    auto const* digits = answer.data() + at + k_length.size();
    std::from_chars(digits, answer.data() + head, length);
    return answer.size() >= head + k_head_end.size() + length;
  }
  bool is_last() const { return answer.find(k_last) < answer.find(k_head_end); }
};

class Load {
 public:
  Load(Target target, std::size_t connections, Source const& source)
      : target_{target}, source_{source}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    clients_.resize(connections);
    for (std::size_t i = 0; i < connections; ++i) clients_[i].index = i;
  }

  LoadResult run() {
    for (auto& client : clients_) connect(client);
    auto const began = Clock::now();
    for (auto& client : clients_) next(client);
    std::array<epoll_event, 64> events;
    while (working_ != 0) {
      auto const count =
          ::epoll_wait(epoll_.get(), events.data(), int(events.size()), k_silence_ms_max);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) throw std::runtime_error{"the server is silent"};
      for (int i = 0; i < count; ++i)
        on_readable(*static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
    result_.time = Clock::now() - began;
    std::ranges::sort(result_.milliseconds);
    return std::move(result_);
  }

 private:
  void connect(Client& client) {
    client.socket = connect_to(target_);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &client;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, client.socket->get(), &event) != 0)
      fail("epoll_ctl");
  }
  void next(Client& client) {
    auto exchange = source_(client.index);
    if (!exchange) {
      client.socket.reset();
      return;
    }
    ++working_;
    client.exchange = std::move(*exchange);
    client.send();
  }
  void on_readable(Client& client) {
    client.receive();
    if (!client.complete()) return;
    --working_;
    ++result_.requests;
    std::chrono::duration<double, std::milli> const took = Clock::now() - client.sent;
    result_.milliseconds.push_back(took.count());
    if (!client.answer.starts_with(client.exchange.expected) && result_.first_failure.empty())
      result_.first_failure = client.answer.substr(0, client.answer.find("\r\n")) + " to " +
                              client.exchange.request.substr(0, client.exchange.request.find('\r'));
    if (client.is_last()) connect(client);
    next(client);
  }

  Target target_;
  Source const& source_;
  Descriptor epoll_;
  std::vector<Client> clients_;
  std::size_t working_ = 0;
  LoadResult result_;
};

}  // namespace

double LoadResult::percentile(double part) const {
  if (milliseconds.empty()) return 0;
  auto const last = static_cast<double>(milliseconds.size() - 1);
  return milliseconds[static_cast<std::size_t>(part * last)];
}

void LoadResult::add(LoadResult const& other) {
  requests += other.requests;
  time += other.time;
  milliseconds.insert(milliseconds.end(), other.milliseconds.begin(), other.milliseconds.end());
  std::ranges::sort(milliseconds);
}

LoadResult run_load(Target target, std::size_t connections, Source const& source) {
  return Load{target, connections, source}.run();
}

}  // namespace qyzmet::bench
