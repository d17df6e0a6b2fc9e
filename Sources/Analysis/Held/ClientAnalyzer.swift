/// An analyzer whose sockets are looked at by a client, such as another process, that has to be there.
/// `--on-no-client` says what is done without one.
package protocol ClientAnalyzer: Analyzer {
  /// Whether a client is attached. Asked at the first packet of each socket, from every worker.
  var hasClient: Bool { get }

  /// Waits for a client, until then at the longest; whether there is one.
  func waitForClient(until deadline: ContinuousClock.Instant) -> Bool
}
