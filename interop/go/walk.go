package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	authv1 "qpo.example/gen/go/qpo/auth/v1"
	marketdatav1 "qpo.example/gen/go/qpo/marketdata/v1"
	optimizerv1 "qpo.example/gen/go/qpo/optimizer/v1"
	portfoliov1 "qpo.example/gen/go/qpo/portfolio/v1"
	typesv1 "qpo.example/gen/go/qpo/types/v1"
)

const chunk = 64 << 10

type walker struct {
	task Task
	seen Seen

	auth       authv1.AuthServiceClient
	marketdata marketdatav1.MarketDataServiceClient
	optimizer  optimizerv1.OptimizerServiceClient
	portfolios portfoliov1.PortfolioServiceClient

	portfolioID string
}

// Walk does the main job once: account, prices, portfolio, optimum, ticks, and two refusals.
func Walk(ctx context.Context, task Task) (*Seen, error) {
	connection, err := grpc.NewClient(task.Edge, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	w := walker{
		task:       task,
		seen:       Seen{Language: "go"},
		auth:       authv1.NewAuthServiceClient(connection),
		marketdata: marketdatav1.NewMarketDataServiceClient(connection),
		optimizer:  optimizerv1.NewOptimizerServiceClient(connection),
		portfolios: portfoliov1.NewPortfolioServiceClient(connection),
	}
	token, err := w.logIn(ctx)
	if err != nil {
		return nil, fmt.Errorf("logging in: %w", err)
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	steps := []struct {
		doing string
		step  func(context.Context) error
	}{
		{"importing prices", w.importPrices},
		{"creating a portfolio", w.createPortfolio},
		{"optimizing it", w.optimize},
		{"reading ticks", w.readTicks},
		{"an infeasible problem", w.beInfeasible},
		{"an invalid request", w.beRefused},
	}
	for _, each := range steps {
		if err := each.step(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", each.doing, err)
		}
	}
	return &w.seen, nil
}

func (w *walker) logIn(ctx context.Context) (string, error) {
	account := &authv1.RegisterRequest{Email: w.task.Email, Password: w.task.Password}
	if _, err := w.auth.Register(ctx, account); err != nil {
		return "", err
	}
	answer, err := w.auth.Login(ctx, &authv1.LoginRequest{Email: w.task.Email, Password: w.task.Password})
	if err != nil {
		return "", err
	}
	w.seen.Email = answer.GetUser().GetEmail()
	return answer.GetTokens().GetAccessToken(), nil
}

func (w *walker) importPrices(ctx context.Context) error {
	file, err := os.ReadFile(w.task.Prices)
	if err != nil {
		return err
	}
	upload, err := w.marketdata.IngestPrices(ctx)
	if err != nil {
		return err
	}
	header := &marketdatav1.IngestHeader{Dataset: w.task.Dataset, Format: marketdatav1.PriceFormat_PRICE_FORMAT_CSV}
	part := &marketdatav1.IngestPricesRequest{Part: &marketdatav1.IngestPricesRequest_Header{Header: header}}
	for at := 0; ; at += chunk {
		// What an upload is refused for is told by its answer, not by the message that could not be sent.
		if err := upload.Send(part); err == io.EOF || at >= len(file) {
			break
		} else if err != nil {
			return err
		}
		piece := file[at:min(at+chunk, len(file))]
		part = &marketdatav1.IngestPricesRequest{Part: &marketdatav1.IngestPricesRequest_Chunk{Chunk: piece}}
	}
	answer, err := upload.CloseAndRecv()
	w.seen.Bars = answer.GetBarsStored()
	return err
}

func (w *walker) createPortfolio(ctx context.Context) error {
	request := &portfoliov1.CreatePortfolioRequest{
		Name:        "Émigré 投資 🚀",
		InitialCash: &typesv1.Decimal{Value: "100000.00"},
		Strategy: &portfoliov1.Strategy{
			Dataset:  w.task.Dataset,
			Universe: w.task.Symbols,
			Goal:     &typesv1.Goal{Objective: typesv1.Objective_OBJECTIVE_SHARPE, RiskFreeRate: 0.01},
		},
		Constraints: &typesv1.Constraints{DefaultBounds: &typesv1.WeightBounds{Max: 0.4}},
		RequestId:   newUUID(),
	}
	first, err := w.portfolios.CreatePortfolio(ctx, request)
	if err != nil {
		return err
	}
	again, err := w.portfolios.CreatePortfolio(ctx, request)
	if err != nil {
		return err
	}
	made := first.GetPortfolio()
	w.portfolioID = made.GetId()
	w.seen.Portfolio = Portfolio{made.GetName(), made.GetCash().GetValue(), again.GetPortfolio().GetId() == made.GetId()}
	return nil
}

func (w *walker) optimize(ctx context.Context) error {
	asked := &optimizerv1.OptimizeRequest{PortfolioId: w.portfolioID, Stop: &optimizerv1.StopRule{TimeBudgetMs: 60_000}, RequestId: newUUID()}
	job, err := w.optimizer.Optimize(ctx, asked)
	if err != nil {
		return err
	}
	watch, err := w.optimizer.WatchOptimization(ctx, &optimizerv1.WatchOptimizationRequest{JobId: job.GetJobId()})
	if err != nil {
		return err
	}
	var last *optimizerv1.WatchOptimizationResponse
	for {
		message, err := watch.Recv()
		if err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		last = message
		w.seen.Watched.Messages++
	}
	w.seen.Watched.State = last.GetJob().GetState().String()
	found := last.GetResult()
	w.seen.Optimum = Optimum{
		SharpeRatio:    found.GetSharpeRatio(),
		ExpectedReturn: found.GetExpectedReturn(),
		Volatility:     found.GetVolatility(),
		Gap:            found.GetGap(),
		Weights:        found.GetWeights(),
		InputHash:      found.GetInputHash(),
		ResultHash:     found.GetRun().GetResultHash(),
	}
	return nil
}

func (w *walker) readTicks(ctx context.Context) error {
	replay := &marketdatav1.StartReplayRequest{Dataset: w.task.Dataset, Speed: 50, RequestId: newUUID()}
	started, err := w.marketdata.StartReplay(ctx, replay)
	if err != nil {
		return err
	}
	cursor := ""
	for range 2 {
		if cursor, err = w.readDelta(ctx, cursor); err != nil {
			return err
		}
	}
	_, err = w.marketdata.StopReplay(ctx, &marketdatav1.StopReplayRequest{ReplayId: started.GetReplay().GetId()})
	return err
}

// readDelta subscribes behind a cursor, reads as far as the first delta, and returns where that ends.
func (w *walker) readDelta(ctx context.Context, cursor string) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request := &marketdatav1.SubscribeTicksRequest{Dataset: w.task.Dataset, Symbols: w.task.Symbols, Cursor: cursor}
	stream, err := w.marketdata.SubscribeTicks(ctx, request)
	if err != nil {
		return "", err
	}
	for {
		message, err := stream.Recv()
		if err != nil {
			return "", err
		}
		if len(message.GetTicks()) == 0 {
			continue
		}
		w.seen.Ticks.Snapshots = append(w.seen.Ticks.Snapshots, message.GetSnapshot())
		if message.GetSnapshot() {
			continue
		}
		for _, tick := range message.GetTicks() {
			day := tick.GetSession()
			session := fmt.Sprintf("%04d-%02d-%02d", day.GetYear(), day.GetMonth(), day.GetDay())
			w.seen.Ticks.Ticks = append(w.seen.Ticks.Ticks, Tick{tick.GetSymbol(), session, tick.GetPrice()})
		}
		return message.GetCursor(), nil
	}
}

func (w *walker) beInfeasible(ctx context.Context) error {
	universe := &optimizerv1.DatasetUniverse{Dataset: w.task.Dataset, Symbols: w.task.Symbols}
	_, err := w.optimizer.Solve(ctx, &optimizerv1.SolveRequest{
		Source:      &optimizerv1.MomentsSource{Source: &optimizerv1.MomentsSource_Universe{Universe: universe}},
		Constraints: &typesv1.Constraints{DefaultBounds: &typesv1.WeightBounds{Max: 0.1}},
	})
	told := status.Convert(err)
	w.seen.Infeasible = Infeasible{Code: uint32(told.Code()), Conflicts: []Conflict{}}
	for _, detail := range told.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			w.seen.Infeasible.Reason = detail.GetReason()
			w.seen.Infeasible.Domain = detail.GetDomain()
			w.seen.Infeasible.Mend = detail.GetMetadata()["mend"]
		case *errdetails.PreconditionFailure:
			for _, each := range detail.GetViolations() {
				conflict := Conflict{each.GetType(), each.GetSubject(), each.GetDescription()}
				w.seen.Infeasible.Conflicts = append(w.seen.Infeasible.Conflicts, conflict)
			}
		}
	}
	return nil
}

func (w *walker) beRefused(ctx context.Context) error {
	_, err := w.portfolios.CreatePortfolio(ctx, &portfoliov1.CreatePortfolioRequest{BaseCurrency: "EUR"})
	told := status.Convert(err)
	w.seen.Refused = Refused{Code: uint32(told.Code()), Fields: []string{}}
	for _, detail := range told.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			w.seen.Refused.Reason = detail.GetReason()
		case *errdetails.BadRequest:
			for _, each := range detail.GetFieldViolations() {
				w.seen.Refused.Fields = append(w.seen.Refused.Fields, each.GetField())
			}
		}
	}
	return nil
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
