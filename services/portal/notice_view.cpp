#include "services/portal/notice_view.hpp"

#include <algorithm>

namespace qyzmet::portal {

namespace json = boost::json;

json::array sent_messages_json(std::vector<db::Notice> const& notices,
                               std::vector<db::MailState> const& mail,
                               engine::Package const& package, Reader const& reader) {
  json::array out;
  for (auto const& notice : notices) {
    json::object item{{"text", reader.text("notify." + notice.kind + ".subject", {}, &package)},
                      {"sent", to_iso(notice.sent)}};
    if (notice.delivered) {
      item["delivered"] = to_iso(*notice.delivered);
      item["channel"] = reader.text("message.channel." + notice.channel);
    }
    if (notice.read) item["read"] = to_iso(*notice.read);
    auto const letter = std::ranges::find(mail, notice.id, &db::MailState::notice);
    if (letter != mail.end())
      item["mail"] = letter->sent
                         ? reader.text("message.mail.sent",
                                       {{"day", reader.day_month(legal_date(*letter->sent))},
                                        {"time", reader.time(*letter->sent)}})
                         : reader.text("message.mail." + letter->status);
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace qyzmet::portal
