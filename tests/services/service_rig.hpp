#pragma once
// A service of one office before its people: applicants with keys of their own, two offices with
// their officials, a branch, and the whole way of an application through the pages, under the demo
// clock.
#include "services/casework/act.hpp"
#include "tests/services/command.hpp"
#include "tests/services/site_rig.hpp"

namespace qyzmet::tests {

/// What somebody applies with.
struct Filing {
  std::string who;  // of signing_people()
  std::string subtype;
  FormValues details = {};  // answers to the questions of the package
  FormValues files = {};    // document -> bytes
  std::string local;        // time of filing, "2026-12-15T19:30"
};

class ServiceRig {
 public:
  /// `place` is the kind of the office's place.
  explicit ServiceRig(std::string service, std::string place = "district");

  SiteRig& rig() { return rig_; }
  Guest const& applicant(std::string const& who);
  std::string executor_id() const { return std::to_string(executor_.user.value); }
  db::Office office() const { return office_; }
  db::Office other_office() const { return other_office_; }

  void at(std::string_view local);
  /// Every page up to the signature; the number of the case.
  std::string file(Filing const& application);
  /// The same, with the answer to the signature.
  PageAnswer send(Filing const& application);
  /// One page of a new application; the answer of the last.
  PageAnswer try_pages(Filing const& application, std::string const& last);
  PageAnswer task(std::string_view role, std::string const& number, std::string const& task,
                  FormValues values);
  /// The head, or who sits at another desk, signs what the task asks for: the document whose
  /// SHA-256 stands at `path`.
  PageAnswer sign(std::string const& number, std::string const& task = "Task_Sign",
                  std::string const& path = "draft.document", std::string const& role = "head");
  /// The executor signs the notice of a hearing that was drawn.
  PageAnswer sign_notice(std::string const& number);
  /// The executor proposes to extend the term of service 79, and the head signs the notice.
  PageAnswer extend(std::string const& number, std::string const& reasons);
  /// Service 78: registered, reviewed, drafted and signed at these local times; then sent.
  void approve(std::string const& number, FormValues draft, std::string_view registered,
               std::string_view reviewed, std::string_view signed_at);
  void carry_out();
  Guest const& official(std::string_view role) const;
  /// What is due by now happens, as the poller would have it.
  void tick(std::string const& number);

  /// `qyzmet register residence` with these lines.
  Answer residence(std::string const& lines);
  int tell_moves();

  casework::OpenCase open(std::string const& number);
  /// What was applied for in that case, certified once more elsewhere at the same time.
  casework::Started certified_twice(std::string const& number);
  PageAnswer cabinet(std::string const& who, std::string const& path = "");

 private:
  std::string start(Filing const& application);
  std::vector<std::string> pages() const;
  PageAnswer page(Filing const& application, std::string const& base, std::string const& name);

  std::string service_;
  SiteRig rig_;
  db::Office office_, other_office_;
  db::Branch branch_;  // a duty department
  Guest registrar_, executor_, head_, operator_;
  std::map<std::string, Guest> applicants_;
  int keys_ = 0;
};

/// The fixture of tests that share a service.
class SharedService : public Shared<ServiceRig> {
 protected:
  static ServiceRig& site() { return shared(); }
  static void done(PageAnswer const& answer) { EXPECT_EQ(answer.status, 303) << answer.body; }
  static bool says(PageAnswer const& answer, std::string const& words) {
    return unescaped(answer.body).find(words) != std::string::npos;
  }
};

}  // namespace qyzmet::tests
