package import Analysis

/// One record a conversation, in EVE's names.
package struct FlowAnalyzer: Analyzer {
  package static let name = "flow"
  package static let summary = "packets, bytes, time and state; one record a conversation"

  // It keeps nothing of a socket, so one object does for all.
  private let reporter = FlowReporter()

  package init(_ options: Options) throws {}

  package var bytesPerSocket: Int { 0 }

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { reporter }
}

final class FlowReporter: SocketAnalyzer, Sendable {
  var interest: Interest { .events }

  func event(_ event: SocketEvent, _ context: inout Context) {
    if event == .detached { context.emit(FlowRecord.record(of: context.socket)) }
  }
}
