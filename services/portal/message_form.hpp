#pragma once
// The page on which somebody sends a message to a case: a citizen out of the cabinet, an official
// from the desk.
#include <boost/asio/awaitable.hpp>
#include <boost/json/array.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/casework/act.hpp"
#include "services/portal/form_view.hpp"

namespace qyzmet::portal {

struct MessagePage {
  casework::OpenCase const& open;
  engine::Form const& form;
  engine::Actor actor;
  std::string wait = {};  // wf:key of the wait that is meant
  std::string base;       // page of the case, "/cabinet/cases/77-2026-000001"
  boost::json::array crumbs;
  std::string key;  // idempotency
  std::vector<Error> errors = {};
  FormFields typed = {};
  std::map<std::string, boost::json::array, std::less<>> sources = {};  // see read_sources()
  boost::json::object signing = {};  // signing_json() of what the form signs
  boost::json::object another = {};  // another_json() in the place of the form
};

/// Choices of the form that come from the register.
boost::asio::awaitable<std::map<std::string, boost::json::array, std::less<>>> read_sources(
    Context const& context, casework::OpenCase const& open, engine::Form const& form);

http::Response message_page(Context const& context, MessagePage page);

}  // namespace qyzmet::portal
