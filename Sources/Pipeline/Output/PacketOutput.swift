import Buffers

/// Writes packets in their order, once it is known that they are to be written.
///
/// What comes behind a packet whose fate is open waits: by its place in a file, or as a copy where the
/// source does not keep its frames. When too much waits, the oldest packet is written without waiting
/// for its fate any longer.
final class PacketOutput {
  private let sink: any PacketSink
  private let framesStay: Bool
  private let budget: Int
  private let countsLeftOut: Bool
  private(set) var packetsLeftOut: UInt64 = 0
  private(set) var packetsGivenUp: UInt64 = 0
  private var interfaces: [CaptureInterface] = []
  /// From the oldest packet whose fate is open.
  private var waiting: [WaitingPacket] = []
  private var firstWaiting = 0
  private var waitingBytes = 0

  private struct WaitingPacket {
    var frame: Frame
    var copy: HeldFrame?
    var fate: PacketFate

    var cost: Int { MemoryLayout<Self>.stride + (copy?.count ?? 0) }
  }

  /// - Parameters:
  ///   - framesStay: whether the frames stay where they are.
  ///   - budget: bytes that may wait, those of files not counted.
  ///   - countsLeftOut: whether a packet that is left out is worth a word.
  init(_ sink: any PacketSink, framesStay: Bool, budget: Int, countsLeftOut: Bool) {
    self.sink = sink
    self.framesStay = framesStay
    self.budget = budget
    self.countsLeftOut = countsLeftOut
  }

  /// What became of packets that were taken earlier.
  func settle(_ fates: [LaterFate]) {
    for fate in fates {
      guard let place = place(of: fate.ordinal), waiting[place].fate == .open else { continue }
      waiting[place].fate = fate.isWritten ? .written : .leftOut
    }
  }

  private func place(of ordinal: UInt64) -> Int? {
    var low = firstWaiting
    var high = waiting.count
    while low < high {
      let middle = (low + high) / 2
      let found = waiting[middle].frame.ordinal
      if found == ordinal { return middle }
      if found < ordinal { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  func take(_ batch: ElementReference<Batch>) throws {
    interfaces = batch.element.interfaces
    try writeDecided()
    for index in 0..<batch.element.packets.frames.count {
      let frame = batch.element.packets.frames[index]
      let fate = batch.element.fates[index]
      if fate != .open && firstWaiting == waiting.count {
        try write(frame, fate)
      } else {
        add(frame, fate)
      }
    }
    while waitingBytes > budget, firstWaiting < waiting.count {
      waiting[firstWaiting].fate = .written
      packetsGivenUp += 1
      try writeDecided()
    }
  }

  private func add(_ frame: Frame, _ fate: PacketFate) {
    let copy = framesStay ? nil : HeldFrame(frame)
    let packet = WaitingPacket(frame: copy?.frame ?? frame, copy: copy, fate: fate)
    waiting.append(packet)
    waitingBytes += packet.cost
  }

  private func writeDecided() throws {
    while firstWaiting < waiting.count, waiting[firstWaiting].fate != .open {
      try write(waiting[firstWaiting].frame, waiting[firstWaiting].fate)
      waitingBytes -= waiting[firstWaiting].cost
      waiting[firstWaiting].copy = nil
      firstWaiting += 1
    }
    if firstWaiting == waiting.count || firstWaiting > 1 << 16 {
      waiting.removeFirst(firstWaiting)
      firstWaiting = 0
    }
  }

  private func write(_ frame: Frame, _ fate: PacketFate) throws {
    if fate == .written {
      try sink.write(frame, interfaces: interfaces)
    } else if countsLeftOut {
      packetsLeftOut += 1
    }
  }

  /// At the end: what is still open was never decided against.
  func finish() throws {
    for place in waiting.indices where waiting[place].fate == .open {
      waiting[place].fate = .written
    }
    try writeDecided()
    try sink.finish()
  }
}
