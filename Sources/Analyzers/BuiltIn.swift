package import Analysis

/// The analyzers that every Sluice has.
package enum BuiltIn {
  /// In the order in which `sluice analyzers` lists them.
  package static let analyzers: [any Analyzer.Type] = [
    PrintAnalyzer.self, FlowAnalyzer.self, DigestAnalyzer.self, CountAnalyzer.self,
    RecordAnalyzer.self, ReplaceAnalyzer.self, InsertAnalyzer.self, DenyMatchAnalyzer.self,
    TrialAnalyzer.self,
  ]
}
