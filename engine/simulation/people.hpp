#pragma once
// Random people, their applications and what they write into forms; internal to
// engine/simulation/. Mostly sensible, so that cases come far, and sometimes not.
#include "engine/simulation/random.hpp"
#include "engine/simulation/simulation.hpp"

namespace qyzmet::simulation {

class People {
 public:
  People(engine::Package const& package, Random& random, Cast cast)
      : package_{package}, random_{random}, cast_{std::move(cast)} {}

  engine::Context application(engine::Calendar const& calendar);
  /// Somebody of that role who may act in the case, or with `wrong` somebody who hardly may.
  engine::Actor actor(std::string const& role, engine::Instance const& now, bool wrong);
  /// Fields of a form, flat; `environment` is what the person sees.
  engine::Context fill(engine::Form const& form, engine::Context environment,
                       engine::Calendar const& calendar, Instant at);
  std::string sha256();

 private:
  std::string subject(engine::DecisionTable const& table, engine::Context const& application,
                      engine::Calendar const& calendar);
  std::string unit_of(std::string_view role) const;
  engine::Value value(engine::Field const& field, engine::Context const& environment,
                      engine::Calendar const& calendar, Instant at);
  engine::Value answer(engine::DecisionTable const& table, engine::Calendar const& calendar);
  engine::Value choice(engine::Field const& field, engine::Context const& environment,
                       engine::Calendar const& calendar);
  engine::List documents(std::string const& subtype);

  engine::Package const& package_;
  Random& random_;
  Cast cast_;
};

}  // namespace qyzmet::simulation
