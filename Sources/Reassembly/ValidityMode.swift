/// Which text is stream data (`--validity`).
public enum ValidityMode: String, Hashable, Sendable, CaseIterable {
  /// What a host would take (RFC 9293 §3.10.7).
  case host
  /// All that is there, by its sequence numbers, as in captures that were made by hand.
  case any
}
