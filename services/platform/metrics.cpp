#include "services/platform/metrics.hpp"

#include <charconv>

#include "engine/base/check.hpp"

namespace qyzmet::platform {
namespace {

std::string number(double value) {
  char text[32];
  auto const end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

/// `a="1",b="2"`; label values are ours, escaping is for the format's sake.
std::string render(Labels const& labels) {
  std::string text;
  for (auto const& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name + "=\"";
    for (char const c : value) {
      if (c == '\n') {
        text += "\\n";
        continue;
      }
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text;
}

std::string sample(std::string_view name, std::string_view labels, std::string const& value) {
  std::string line{name};
  if (!labels.empty()) (line += '{').append(labels) += '}';
  return line + ' ' + value + '\n';
}

void append(std::string& page, std::string_view name, std::string_view labels,
            Counter const& counter) {
  page += sample(name, labels, std::to_string(counter.value()));
}

void append(std::string& page, std::string_view name, std::string_view labels, Gauge const& gauge) {
  page += sample(name, labels, std::to_string(gauge.value()));
}

void append(std::string& page, std::string_view name, std::string_view labels,
            Histogram const& histogram) {
  auto const base = std::string{name};
  auto const prefix = labels.empty() ? std::string{} : std::string{labels} + ',';
  for (std::size_t i = 0; i <= Histogram::k_bound_count; ++i) {
    auto const bound =
        i == Histogram::k_bound_count ? std::string{"+Inf"} : number(Histogram::k_bounds_s[i]);
    page += sample(base + "_bucket", prefix + "le=\"" + bound + '"',
                   std::to_string(histogram.count_up_to(i)));
  }
  page += sample(base + "_sum", labels, number(histogram.sum_s()));
  page += sample(base + "_count", labels,
                 std::to_string(histogram.count_up_to(Histogram::k_bound_count)));
}

template <class Families>
void append_families(std::string& page, Families const& families, std::string_view type) {
  for (auto const& [name, family] : families) {
    page += "# HELP " + name + ' ' + family.help + '\n';
    page += "# TYPE " + name + ' ' + std::string{type} + '\n';
    for (auto const& [labels, member] : family.members) append(page, name, labels, member);
  }
}

}  // namespace

void Histogram::observe(double seconds) {
  check(seconds >= 0, "a duration is not negative");
  std::size_t bucket = 0;
  while (bucket < k_bound_count && seconds > k_bounds_s[bucket]) ++bucket;
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_us_.fetch_add(static_cast<std::uint64_t>(seconds * 1e6), std::memory_order_relaxed);
}

std::uint64_t Histogram::count_up_to(std::size_t bound) const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bound; ++i) count += buckets_[i].load(std::memory_order_relaxed);
  return count;
}

double Histogram::sum_s() const {
  return static_cast<double>(sum_us_.load(std::memory_order_relaxed)) / 1e6;
}

template <class T>
T& Metrics::member(Families<T>& families, std::string_view name, std::string_view help,
                   Labels const& labels) {
  std::scoped_lock const lock{mutex_};
  auto& family = families[std::string{name}];
  family.help = help;
  return family.members[render(labels)];
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels const& labels) {
  return member(counters_, name, help, labels);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels const& labels) {
  return member(gauges_, name, help, labels);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, Labels const& labels) {
  return member(histograms_, name, help, labels);
}

std::string Metrics::text() const {
  std::scoped_lock const lock{mutex_};
  std::string page;
  append_families(page, counters_, "counter");
  append_families(page, gauges_, "gauge");
  append_families(page, histograms_, "histogram");
  return page;
}

Metrics& metrics() {
  static Metrics registry;
  return registry;
}

}  // namespace qyzmet::platform
