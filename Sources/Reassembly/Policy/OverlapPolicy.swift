/// Which copy of bytes that overlap an end takes: stacks differ, and whoever looks at the bytes has
/// to do as the receiver does (Ptacek and Newsham 1998, Shankar and Paxson 2003).
public protocol OverlapPolicy: Hashable, Sendable {
  /// What it may be called, the policies first and systems behind them.
  static var names: [String] { get }
  init?(name: String)
}
