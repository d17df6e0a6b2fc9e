import Buffers
import Pipeline

/// Where results go, of one run or of several one after the other.
struct Outputs {
  let log: any EventLog
  let sink: (any PacketSink)?
  /// What each run gets, and finishes.
  let runLog: any LogOutput
  let runSink: (any PacketSink)?

  /// - Parameter areShared: whether there are several runs.
  init(log: any EventLog, sink: (any PacketSink)?, areShared: Bool) {
    self.log = log
    self.sink = sink
    runLog = areShared ? SharedLog(log) : log
    runSink = areShared ? sink.map(SharedSink.init) : sink
  }

  /// Whether there is a point in another run.
  var areWanted: Bool { Interruption.signal == nil && (!log.isAbandoned || sink != nil) }

  /// Ends what several runs have shared.
  func finish() throws(CommandFailure) {
    do {
      try log.finish()
      try sink?.finish()
    } catch {
      throw CommandFailure(.failed, "\(error)")
    }
  }
}

/// One log for several runs, each of which goes on where the one before ended.
private final class SharedLog: LogOutput {
  private let log: any EventLog

  init(_ log: any EventLog) { self.log = log }

  func write(_ lines: Span<UInt8>) throws { try log.write(lines) }

  func finish() throws { try log.flush() }
}

/// One capture for several runs, with the interfaces of all of them in one table.
private final class SharedSink: PacketSink {
  private let sink: any PacketSink
  private var interfaces: [CaptureInterface] = []
  /// The index of the current run's first interface.
  private var first = 0

  init(_ sink: any PacketSink) { self.sink = sink }

  func write(_ frame: borrowing Frame, interfaces own: [CaptureInterface]) throws {
    interfaces += own.dropFirst(interfaces.count - first)
    let moved = frame.renumbered(ordinal: frame.ordinal, interface: first + frame.interface)
    try sink.write(moved, interfaces: interfaces)
  }

  func finish() { first = interfaces.count }
}
