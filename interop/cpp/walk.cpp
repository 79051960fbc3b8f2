#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "programs.h"
#include "qpo/auth/v1/auth_service.grpc.pb.h"
#include "qpo/marketdata/v1/marketdata_service.grpc.pb.h"
#include "qpo/optimizer/v1/optimizer_service.grpc.pb.h"
#include "qpo/portfolio/v1/portfolio_service.grpc.pb.h"

namespace {

namespace auth = qpo::auth::v1;
namespace marketdata = qpo::marketdata::v1;
namespace optimizer = qpo::optimizer::v1;
namespace portfolio = qpo::portfolio::v1;
namespace types = qpo::types::v1;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr std::size_t kChunk = 64 << 10;

Value Text(const std::string& text) {
  Value value;
  value.set_string_value(text);
  return value;
}

Value Number(double number) {
  Value value;
  value.set_number_value(number);
  return value;
}

Value Flag(bool flag) {
  Value value;
  value.set_bool_value(flag);
  return value;
}

Value Of(const Struct& fields) {
  Value value;
  *value.mutable_struct_value() = fields;
  return value;
}

void Put(Struct* fields, const std::string& name, const Value& value) { (*fields->mutable_fields())[name] = value; }

std::string NewUuid() {
  std::random_device chance;
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-8%03x-%04x%08x", chance(), chance() & 0xffff, chance() & 0xfff,
                chance() & 0xfff, chance() & 0xffff, chance());
  return text;
}

void Check(const grpc::Status& status, const char* doing) {
  if (!status.ok()) throw std::runtime_error(std::string(doing) + ": " + status.error_message());
}

types::Constraints AtMost(double share) {
  types::Constraints constraints;
  constraints.mutable_default_bounds()->set_max(share);
  return constraints;
}

// The detail of a refusal that has this type; an empty one if there is none.
template <class Detail>
Detail DetailOf(const grpc::Status& refused) {
  google::rpc::Status status;
  status.ParseFromString(refused.error_details());
  Detail detail;
  for (const auto& each : status.details())
    if (each.UnpackTo(&detail)) break;
  return detail;
}

class Walker {
 public:
  explicit Walker(const Struct& task) : task_(task) {
    const auto channel = grpc::CreateChannel(Given("edge"), grpc::InsecureChannelCredentials());
    auth_ = auth::AuthService::NewStub(channel);
    marketdata_ = marketdata::MarketDataService::NewStub(channel);
    optimizer_ = optimizer::OptimizerService::NewStub(channel);
    portfolios_ = portfolio::PortfolioService::NewStub(channel);
    for (const auto& each : task_.fields().at("symbols").list_value().values()) symbols_.push_back(each.string_value());
    Put(&seen_, "language", Text("cpp"));
  }

  Struct Walk() {
    LogIn();
    ImportPrices();
    Optimize(CreatePortfolio());
    ReadTicks();
    BeInfeasible();
    BeRefused();
    return seen_;
  }

 private:
  const std::string& Given(const std::string& name) const { return task_.fields().at(name).string_value(); }

  std::unique_ptr<grpc::ClientContext> Context() const {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if (!token_.empty()) context->AddMetadata("authorization", "Bearer " + token_);
    return context;
  }

  void LogIn() {
    auth::RegisterRequest account;
    account.set_email(Given("email"));
    account.set_password(Given("password"));
    auth::RegisterResponse made;
    Check(auth_->Register(Context().get(), account, &made), "registering");
    auth::LoginRequest login;
    login.set_email(Given("email"));
    login.set_password(Given("password"));
    auth::LoginResponse answer;
    Check(auth_->Login(Context().get(), login, &answer), "logging in");
    token_ = answer.tokens().access_token();
    Put(&seen_, "email", Text(answer.user().email()));
  }

  void ImportPrices() {
    std::ifstream opened(Given("prices"), std::ios::binary);
    const std::string file{std::istreambuf_iterator<char>(opened), {}};
    const auto context = Context();
    marketdata::IngestPricesResponse answer;
    const auto upload = marketdata_->IngestPrices(context.get(), &answer);
    marketdata::IngestPricesRequest part;
    part.mutable_header()->set_dataset(Given("dataset"));
    part.mutable_header()->set_format(marketdata::PRICE_FORMAT_CSV);
    // What an upload is refused for is told by its end, not by the message that could not be sent.
    bool sent = upload->Write(part);
    for (std::size_t at = 0; sent && at < file.size(); at += kChunk) {
      part.set_chunk(file.substr(at, kChunk));
      sent = upload->Write(part);
    }
    upload->WritesDone();
    Check(upload->Finish(), "importing prices");
    Put(&seen_, "bars", Number(answer.bars_stored()));
  }

  std::string CreatePortfolio() {
    portfolio::CreatePortfolioRequest request;
    request.set_name("Émigré 投資 🚀");
    request.mutable_initial_cash()->set_value("100000.00");
    auto* strategy = request.mutable_strategy();
    strategy->set_dataset(Given("dataset"));
    for (const auto& symbol : symbols_) strategy->add_universe(symbol);
    strategy->mutable_goal()->set_objective(types::OBJECTIVE_SHARPE);
    strategy->mutable_goal()->set_risk_free_rate(0.01);
    *request.mutable_constraints() = AtMost(0.4);
    request.set_request_id(NewUuid());
    portfolio::CreatePortfolioResponse first, again;
    Check(portfolios_->CreatePortfolio(Context().get(), request, &first), "creating a portfolio");
    Check(portfolios_->CreatePortfolio(Context().get(), request, &again), "creating it again");
    const auto& made = first.portfolio();
    Struct told;
    Put(&told, "name", Text(made.name()));
    Put(&told, "cash", Text(made.cash().value()));
    Put(&told, "repeated", Flag(again.portfolio().id() == made.id()));
    Put(&seen_, "portfolio", Of(told));
    return made.id();
  }

  void Optimize(const std::string& portfolio_id) {
    optimizer::OptimizeRequest asked;
    asked.set_portfolio_id(portfolio_id);
    asked.mutable_stop()->set_time_budget_ms(60'000);
    asked.set_request_id(NewUuid());
    optimizer::OptimizeResponse job;
    Check(optimizer_->Optimize(Context().get(), asked, &job), "optimizing");
    optimizer::WatchOptimizationRequest which;
    which.set_job_id(job.job_id());
    const auto context = Context();
    const auto watch = optimizer_->WatchOptimization(context.get(), which);
    int messages = 0;
    optimizer::WatchOptimizationResponse last;
    while (watch->Read(&last)) ++messages;
    Check(watch->Finish(), "watching");
    Struct watched;
    Put(&watched, "messages", Number(messages));
    Put(&watched, "state", Text(optimizer::JobState_Name(last.job().state())));
    Put(&seen_, "watched", Of(watched));
    const auto& found = last.result();
    Struct weights, optimum;
    for (const auto& [symbol, weight] : found.weights()) Put(&weights, symbol, Number(weight));
    Put(&optimum, "sharpe_ratio", Number(found.sharpe_ratio()));
    Put(&optimum, "expected_return", Number(found.expected_return()));
    Put(&optimum, "volatility", Number(found.volatility()));
    Put(&optimum, "gap", Number(found.gap()));
    Put(&optimum, "weights", Of(weights));
    Put(&optimum, "input_hash", Text(found.input_hash()));
    Put(&optimum, "result_hash", Text(found.run().result_hash()));
    Put(&seen_, "optimum", Of(optimum));
  }

  void ReadTicks() {
    marketdata::StartReplayRequest replay;
    replay.set_dataset(Given("dataset"));
    replay.set_speed(50);
    replay.set_request_id(NewUuid());
    marketdata::StartReplayResponse started;
    Check(marketdata_->StartReplay(Context().get(), replay, &started), "starting a replay");
    Value snapshots, ticks;
    snapshots.mutable_list_value();
    std::string cursor;
    for (int round = 0; round < 2; ++round) cursor = ReadDelta(cursor, &snapshots, &ticks);
    marketdata::StopReplayRequest which;
    which.set_replay_id(started.replay().id());
    marketdata::StopReplayResponse stopped;
    Check(marketdata_->StopReplay(Context().get(), which, &stopped), "stopping it");
    Struct told;
    Put(&told, "snapshots", snapshots);
    Put(&told, "ticks", ticks);
    Put(&seen_, "ticks", Of(told));
  }

  // Subscribes behind a cursor, reads as far as the first delta, and returns where that ends.
  std::string ReadDelta(const std::string& cursor, Value* snapshots, Value* ticks) {
    marketdata::SubscribeTicksRequest request;
    request.set_dataset(Given("dataset"));
    for (const auto& symbol : symbols_) request.add_symbols(symbol);
    request.set_cursor(cursor);
    const auto context = Context();
    const auto stream = marketdata_->SubscribeTicks(context.get(), request);
    marketdata::SubscribeTicksResponse message;
    while (stream->Read(&message)) {
      if (message.ticks().empty()) continue;
      *snapshots->mutable_list_value()->add_values() = Flag(message.snapshot());
      if (message.snapshot()) continue;
      for (const auto& each : message.ticks()) {
        char session[32];
        std::snprintf(session, sizeof session, "%04d-%02d-%02d", each.session().year(), each.session().month(),
                      each.session().day());
        Struct tick;
        Put(&tick, "symbol", Text(each.symbol()));
        Put(&tick, "session", Text(session));
        Put(&tick, "price", Number(each.price()));
        *ticks->mutable_list_value()->add_values() = Of(tick);
      }
      context->TryCancel();
      return message.cursor();
    }
    Check(stream->Finish(), "subscribing");
    throw std::runtime_error("the stream ended without a delta");
  }

  void BeInfeasible() {
    optimizer::SolveRequest problem;
    problem.mutable_source()->mutable_universe()->set_dataset(Given("dataset"));
    for (const auto& symbol : symbols_) problem.mutable_source()->mutable_universe()->add_symbols(symbol);
    *problem.mutable_constraints() = AtMost(0.1);
    optimizer::SolveResponse answer;
    const auto refused = optimizer_->Solve(Context().get(), problem, &answer);
    const auto info = DetailOf<google::rpc::ErrorInfo>(refused);
    const auto failure = DetailOf<google::rpc::PreconditionFailure>(refused);
    Value conflicts;
    conflicts.mutable_list_value();
    for (const auto& each : failure.violations()) {
      Struct conflict;
      Put(&conflict, "type", Text(each.type()));
      Put(&conflict, "subject", Text(each.subject()));
      Put(&conflict, "description", Text(each.description()));
      *conflicts.mutable_list_value()->add_values() = Of(conflict);
    }
    const auto mend = info.metadata().find("mend");
    Struct told;
    Put(&told, "code", Number(refused.error_code()));
    Put(&told, "reason", Text(info.reason()));
    Put(&told, "domain", Text(info.domain()));
    Put(&told, "mend", Text(mend == info.metadata().end() ? "" : mend->second));
    Put(&told, "conflicts", conflicts);
    Put(&seen_, "infeasible", Of(told));
  }

  void BeRefused() {
    portfolio::CreatePortfolioRequest wrong;
    wrong.set_base_currency("EUR");
    portfolio::CreatePortfolioResponse answer;
    const auto refused = portfolios_->CreatePortfolio(Context().get(), wrong, &answer);
    Value fields;
    fields.mutable_list_value();
    const auto bad = DetailOf<google::rpc::BadRequest>(refused);
    for (const auto& each : bad.field_violations())
      *fields.mutable_list_value()->add_values() = Text(each.field());
    Struct told;
    Put(&told, "code", Number(refused.error_code()));
    Put(&told, "reason", Text(DetailOf<google::rpc::ErrorInfo>(refused).reason()));
    Put(&told, "fields", fields);
    Put(&seen_, "refused", Of(told));
  }

  const Struct task_;
  Struct seen_;
  std::vector<std::string> symbols_;
  std::string token_;
  std::unique_ptr<auth::AuthService::Stub> auth_;
  std::unique_ptr<marketdata::MarketDataService::Stub> marketdata_;
  std::unique_ptr<optimizer::OptimizerService::Stub> optimizer_;
  std::unique_ptr<portfolio::PortfolioService::Stub> portfolios_;
};

}  // namespace

Struct Walk(const Struct& task) { return Walker(task).Walk(); }
