package qpo.interop;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.Status;
import com.google.type.Date;
import com.qpo.auth.v1.AuthServiceGrpc;
import com.qpo.auth.v1.LoginRequest;
import com.qpo.auth.v1.LoginResponse;
import com.qpo.auth.v1.RegisterRequest;
import com.qpo.marketdata.v1.IngestHeader;
import com.qpo.marketdata.v1.IngestPricesRequest;
import com.qpo.marketdata.v1.IngestPricesResponse;
import com.qpo.marketdata.v1.MarketDataServiceGrpc;
import com.qpo.marketdata.v1.PriceFormat;
import com.qpo.marketdata.v1.StartReplayRequest;
import com.qpo.marketdata.v1.StopReplayRequest;
import com.qpo.marketdata.v1.SubscribeTicksRequest;
import com.qpo.marketdata.v1.SubscribeTicksResponse;
import com.qpo.marketdata.v1.Tick;
import com.qpo.optimizer.v1.DatasetUniverse;
import com.qpo.optimizer.v1.MomentsSource;
import com.qpo.optimizer.v1.OptimizationResult;
import com.qpo.optimizer.v1.OptimizeRequest;
import com.qpo.optimizer.v1.OptimizerServiceGrpc;
import com.qpo.optimizer.v1.SolveRequest;
import com.qpo.optimizer.v1.StopRule;
import com.qpo.optimizer.v1.WatchOptimizationRequest;
import com.qpo.optimizer.v1.WatchOptimizationResponse;
import com.qpo.portfolio.v1.CreatePortfolioRequest;
import com.qpo.portfolio.v1.Portfolio;
import com.qpo.portfolio.v1.PortfolioServiceGrpc;
import com.qpo.portfolio.v1.Strategy;
import com.qpo.types.v1.Constraints;
import com.qpo.types.v1.Decimal;
import com.qpo.types.v1.Goal;
import com.qpo.types.v1.Objective;
import com.qpo.types.v1.WeightBounds;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The main job once, as every language does it: account, prices, portfolio, optimum, ticks, and two refusals. */
final class Walk {
  private static final int CHUNK = 64 << 10;

  private final Task task;
  private final Map<String, Object> seen = new LinkedHashMap<>(Map.of("language", "java"));
  private final ManagedChannel channel;
  private ClientInterceptor token;

  private Walk(Task task) {
    this.task = task;
    this.channel = NettyChannelBuilder.forTarget(task.edge).usePlaintext().build();
  }

  static Map<String, Object> of(Task task) throws Exception {
    Walk walk = new Walk(task);
    try {
      walk.logIn();
      walk.importPrices();
      walk.optimize(walk.createPortfolio());
      walk.readTicks();
      walk.beInfeasible();
      walk.beRefused();
      return walk.seen;
    } finally {
      walk.channel.shutdownNow();
    }
  }

  private void logIn() {
    AuthServiceGrpc.AuthServiceBlockingStub auth =
        AuthServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    auth.register(RegisterRequest.newBuilder().setEmail(task.email).setPassword(task.password).build());
    LoginResponse answer =
        auth.login(LoginRequest.newBuilder().setEmail(task.email).setPassword(task.password).build());
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
        "Bearer " + answer.getTokens().getAccessToken());
    token = MetadataUtils.newAttachHeadersInterceptor(headers);
    seen.put("email", answer.getUser().getEmail());
  }

  private void importPrices() throws Exception {
    CompletableFuture<IngestPricesResponse> answer = new CompletableFuture<>();
    StreamObserver<IngestPricesRequest> upload =
        MarketDataServiceGrpc.newStub(channel)
            .withInterceptors(token)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .ingestPrices(
                new StreamObserver<>() {
                  @Override
                  public void onNext(IngestPricesResponse told) {
                    answer.complete(told);
                  }

                  @Override
                  public void onError(Throwable refused) {
                    answer.completeExceptionally(refused);
                  }

                  @Override
                  public void onCompleted() {}
                });
    IngestHeader header =
        IngestHeader.newBuilder().setDataset(task.dataset).setFormat(PriceFormat.PRICE_FORMAT_CSV).build();
    upload.onNext(IngestPricesRequest.newBuilder().setHeader(header).build());
    ByteString file = ByteString.copyFrom(Files.readAllBytes(Path.of(task.prices)));
    for (int at = 0; at < file.size(); at += CHUNK) {
      ByteString piece = file.substring(at, Math.min(at + CHUNK, file.size()));
      upload.onNext(IngestPricesRequest.newBuilder().setChunk(piece).build());
    }
    upload.onCompleted();
    seen.put("bars", answer.get().getBarsStored());
  }

  private String createPortfolio() {
    Strategy strategy =
        Strategy.newBuilder()
            .setDataset(task.dataset)
            .addAllUniverse(task.symbols)
            .setGoal(Goal.newBuilder().setObjective(Objective.OBJECTIVE_SHARPE).setRiskFreeRate(0.01))
            .build();
    CreatePortfolioRequest request =
        CreatePortfolioRequest.newBuilder()
            .setName("Émigré 投資 🚀")
            .setInitialCash(Decimal.newBuilder().setValue("100000.00"))
            .setStrategy(strategy)
            .setConstraints(atMost(0.4))
            .setRequestId(UUID.randomUUID().toString())
            .build();
    Portfolio made = portfolios().createPortfolio(request).getPortfolio();
    Portfolio again = portfolios().createPortfolio(request).getPortfolio();
    boolean repeated = again.getId().equals(made.getId());
    seen.put("portfolio", Map.of("name", made.getName(), "cash", made.getCash().getValue(), "repeated", repeated));
    return made.getId();
  }

  private void optimize(String portfolioId) {
    OptimizeRequest asked =
        OptimizeRequest.newBuilder()
            .setPortfolioId(portfolioId)
            .setStop(StopRule.newBuilder().setTimeBudgetMs(60_000))
            .setRequestId(UUID.randomUUID().toString())
            .build();
    String job = optimizer().optimize(asked).getJobId();
    int messages = 0;
    WatchOptimizationResponse last = WatchOptimizationResponse.getDefaultInstance();
    Iterator<WatchOptimizationResponse> watch =
        optimizer().watchOptimization(WatchOptimizationRequest.newBuilder().setJobId(job).build());
    while (watch.hasNext()) {
      last = watch.next();
      messages++;
    }
    seen.put("watched", Map.of("messages", messages, "state", last.getJob().getState().name()));
    OptimizationResult found = last.getResult();
    Map<String, Object> optimum = new LinkedHashMap<>();
    optimum.put("sharpe_ratio", found.getSharpeRatio());
    optimum.put("expected_return", found.getExpectedReturn());
    optimum.put("volatility", found.getVolatility());
    optimum.put("gap", found.getGap());
    optimum.put("weights", found.getWeightsMap());
    optimum.put("input_hash", found.getInputHash());
    optimum.put("result_hash", found.getRun().getResultHash());
    seen.put("optimum", optimum);
  }

  private void readTicks() {
    StartReplayRequest replay =
        StartReplayRequest.newBuilder()
            .setDataset(task.dataset)
            .setSpeed(50)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    String started = marketdata().startReplay(replay).getReplay().getId();
    List<Boolean> snapshots = new ArrayList<>();
    List<Map<String, Object>> ticks = new ArrayList<>();
    String cursor = "";
    for (int round = 0; round < 2; round++) {
      cursor = readDelta(cursor, snapshots, ticks);
    }
    marketdata().stopReplay(StopReplayRequest.newBuilder().setReplayId(started).build());
    seen.put("ticks", Map.of("snapshots", snapshots, "ticks", ticks));
  }

  /** Subscribes behind a cursor, reads as far as the first delta, and returns where that ends. */
  private String readDelta(String cursor, List<Boolean> snapshots, List<Map<String, Object>> ticks) {
    SubscribeTicksRequest request =
        SubscribeTicksRequest.newBuilder()
            .setDataset(task.dataset)
            .addAllSymbols(task.symbols)
            .setCursor(cursor)
            .build();
    try (Context.CancellableContext reading = Context.current().withCancellation()) {
      Context outer = reading.attach();
      try {
        Iterator<SubscribeTicksResponse> stream = marketdata().subscribeTicks(request);
        while (true) {
          SubscribeTicksResponse message = stream.next();
          if (message.getTicksCount() == 0) {
            continue;
          }
          snapshots.add(message.getSnapshot());
          if (message.getSnapshot()) {
            continue;
          }
          for (Tick tick : message.getTicksList()) {
            Date day = tick.getSession();
            String session = String.format("%04d-%02d-%02d", day.getYear(), day.getMonth(), day.getDay());
            ticks.add(Map.of("symbol", tick.getSymbol(), "session", session, "price", tick.getPrice()));
          }
          return message.getCursor();
        }
      } finally {
        reading.detach(outer);
      }
    }
  }

  private void beInfeasible() throws IOException {
    DatasetUniverse universe =
        DatasetUniverse.newBuilder().setDataset(task.dataset).addAllSymbols(task.symbols).build();
    SolveRequest problem =
        SolveRequest.newBuilder()
            .setSource(MomentsSource.newBuilder().setUniverse(universe))
            .setConstraints(atMost(0.1))
            .build();
    Status told = refused(() -> optimizer().solve(problem));
    ErrorInfo info = detail(told, ErrorInfo.class, ErrorInfo.getDefaultInstance());
    List<Map<String, Object>> conflicts = new ArrayList<>();
    for (PreconditionFailure.Violation each :
        detail(told, PreconditionFailure.class, PreconditionFailure.getDefaultInstance()).getViolationsList()) {
      conflicts.add(
          Map.of("type", each.getType(), "subject", each.getSubject(), "description", each.getDescription()));
    }
    seen.put(
        "infeasible",
        Map.of(
            "code", told.getCode(),
            "reason", info.getReason(),
            "domain", info.getDomain(),
            "mend", info.getMetadataOrDefault("mend", ""),
            "conflicts", conflicts));
  }

  private void beRefused() throws IOException {
    CreatePortfolioRequest wrong = CreatePortfolioRequest.newBuilder().setBaseCurrency("EUR").build();
    Status told = refused(() -> portfolios().createPortfolio(wrong));
    List<String> fields = new ArrayList<>();
    for (BadRequest.FieldViolation each :
        detail(told, BadRequest.class, BadRequest.getDefaultInstance()).getFieldViolationsList()) {
      fields.add(each.getField());
    }
    String reason = detail(told, ErrorInfo.class, ErrorInfo.getDefaultInstance()).getReason();
    seen.put("refused", Map.of("code", told.getCode(), "reason", reason, "fields", fields));
  }

  private static Status refused(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException error) {
      return StatusProto.fromThrowable(error);
    }
    throw new IllegalStateException("the call should have been refused");
  }

  private static <T extends Message> T detail(Status status, Class<T> kind, T none)
      throws InvalidProtocolBufferException {
    for (com.google.protobuf.Any each : status.getDetailsList()) {
      if (each.is(kind)) {
        return each.unpack(kind);
      }
    }
    return none;
  }

  private static Constraints atMost(double share) {
    return Constraints.newBuilder().setDefaultBounds(WeightBounds.newBuilder().setMax(share)).build();
  }

  private MarketDataServiceGrpc.MarketDataServiceBlockingStub marketdata() {
    return MarketDataServiceGrpc.newBlockingStub(channel)
        .withInterceptors(token)
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private OptimizerServiceGrpc.OptimizerServiceBlockingStub optimizer() {
    return OptimizerServiceGrpc.newBlockingStub(channel)
        .withInterceptors(token)
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private PortfolioServiceGrpc.PortfolioServiceBlockingStub portfolios() {
    return PortfolioServiceGrpc.newBlockingStub(channel)
        .withInterceptors(token)
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }
}
