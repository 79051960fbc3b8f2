package main

// Task is what the walk is to do, as standard input says it.
type Task struct {
	Edge     string   `json:"edge"`
	Email    string   `json:"email"`
	Password string   `json:"password"`
	Dataset  string   `json:"dataset"`
	Prices   string   `json:"prices"`
	Symbols  []string `json:"symbols"`
}

// Seen is what the walk saw; every language prints the same.
type Seen struct {
	Language   string     `json:"language"`
	Email      string     `json:"email"`
	Bars       int32      `json:"bars"`
	Portfolio  Portfolio  `json:"portfolio"`
	Watched    Watched    `json:"watched"`
	Optimum    Optimum    `json:"optimum"`
	Ticks      Ticks      `json:"ticks"`
	Infeasible Infeasible `json:"infeasible"`
	Refused    Refused    `json:"refused"`
}

// Portfolio is what was created, and whether asking again with the same request_id gave the same one.
type Portfolio struct {
	Name     string `json:"name"`
	Cash     string `json:"cash"`
	Repeated bool   `json:"repeated"`
}

// Watched is how the job was seen to end.
type Watched struct {
	Messages int    `json:"messages"`
	State    string `json:"state"`
}

// Optimum is the result that the last message of the watch carried.
type Optimum struct {
	SharpeRatio    float64            `json:"sharpe_ratio"`
	ExpectedReturn float64            `json:"expected_return"`
	Volatility     float64            `json:"volatility"`
	Gap            float64            `json:"gap"`
	Weights        map[string]float64 `json:"weights"`
	InputHash      string             `json:"input_hash"`
	ResultHash     string             `json:"result_hash"`
}

// Ticks are those of the first delta and of the message behind its cursor, on another subscription.
type Ticks struct {
	Snapshots []bool `json:"snapshots"`
	Ticks     []Tick `json:"ticks"`
}

// Tick is a price of a session, `2021-01-04`.
type Tick struct {
	Symbol  string  `json:"symbol"`
	Session string  `json:"session"`
	Price   float64 `json:"price"`
}

// Infeasible is the structured error of a problem without a solution.
type Infeasible struct {
	Code      uint32     `json:"code"`
	Reason    string     `json:"reason"`
	Domain    string     `json:"domain"`
	Mend      string     `json:"mend"`
	Conflicts []Conflict `json:"conflicts"`
}

// Conflict is a limit that takes part in it, and how far it would have to give.
type Conflict struct {
	Type        string `json:"type"`
	Subject     string `json:"subject"`
	Description string `json:"description"`
}

// Refused is the structured error of a request that breaks a rule of the contract.
type Refused struct {
	Code   uint32   `json:"code"`
	Reason string   `json:"reason"`
	Fields []string `json:"fields"`
}
