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
  /// What the runs before could not keep.
  private var before = Unkept()

  init(_ sink: any PacketSink) { self.sink = sink }

  func begin(_ interfaces: [CaptureInterface], _ likeness: Likeness) {
    sink.begin(interfaces.map(\.amongOthers), max(likeness, .open))
  }

  func write(_ frame: borrowing Frame, interfaces own: [CaptureInterface]) throws {
    add(own)
    try sink.write(moved(frame), interfaces: interfaces)
  }

  func write(
    _ frame: borrowing Frame, madeOf original: borrowing Frame, isFirst: Bool,
    interfaces own: [CaptureInterface]
  ) throws {
    add(own)
    try sink.write(
      moved(frame), madeOf: moved(original), isFirst: isFirst, interfaces: interfaces)
  }

  func write(_ block: CaptureBlock, interfaces own: [CaptureInterface]) throws {
    add(own)
    var block = block
    if block.interface >= 0 { block.interface += first }
    try sink.write(block, interfaces: interfaces)
  }

  func noteDifference() { sink.noteDifference() }

  /// Of the current run.
  var unkept: Unkept { sink.unkept - before }

  private func add(_ own: [CaptureInterface]) {
    interfaces += own.dropFirst(interfaces.count - first).map(\.amongOthers)
  }

  private func moved(_ frame: borrowing Frame) -> Frame {
    frame.renumbered(ordinal: frame.ordinal, interface: first + frame.interface)
  }

  func finish() {
    first = interfaces.count
    before = sink.unkept
  }
}
