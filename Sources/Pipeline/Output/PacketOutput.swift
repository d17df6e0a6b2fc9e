import Buffers
import Capture
import Injection
import Reassembly
import Sockets

/// Writes packets in their order, once it is known that they are to be written.
///
/// What comes behind a packet whose fate is open waits: by its place in a file, or as a copy where the
/// source does not keep its frames. How much that may be is looked after where fates are decided.
final class PacketOutput {
  private let sink: any PacketSink
  private let framesStay: Bool
  private let countsLeftOut: Bool
  private(set) var packetsLeftOut: UInt64 = 0
  /// Packets that were written in another form.
  private(set) var packetsRewritten: UInt64 = 0
  /// Packets of no socket with payload that nobody was shown.
  private(set) var unseen = UnseenCounts()
  private let dropsUnseen: Bool
  private var rewriter = FrameRewriter()
  private let layers: LayerFinder
  private var interfaces: [CaptureInterface] = []
  /// From the oldest packet whose fate is open.
  private var waiting: [WaitingPacket] = []
  private var firstWaiting = 0
  private var fragments = WaitingFragments()
  /// Blocks that stand between waiting packets, in their order.
  private var waitingBlocks: [WaitingBlock] = []
  private var firstWaitingBlock = 0
  /// Whether it is known that what is written is not what was read.
  private var differs = false

  /// A block, and in front of which of the waiting packets it stands, by the number of packets that
  /// have waited before.
  private struct WaitingBlock {
    var place: UInt64
    var block: CaptureBlock
    var copy: HeldBlock?
  }

  /// How many packets have been removed from the front of `waiting`.
  private var removed: UInt64 = 0

  private struct WaitingPacket {
    var frame: Frame
    var copy: HeldFrame?
    var fate: PacketFate
    var outcome: PacketOutcome
  }

  /// - Parameters:
  ///   - framesStay: whether the frames stay where they are.
  ///   - countsLeftOut: whether a packet that is left out is worth a word.
  ///   - dropsUnseen: whether payload that nobody was shown is left out.
  init(
    _ sink: any PacketSink, framesStay: Bool, countsLeftOut: Bool, dropsUnseen: Bool,
    _ configuration: ReassemblyConfiguration
  ) {
    self.dropsUnseen = dropsUnseen
    self.sink = sink
    layers = LayerFinder(configuration)
    self.framesStay = framesStay
    self.countsLeftOut = countsLeftOut
  }

  /// What became of packets that were taken earlier.
  func settle(_ fates: [LaterFate]) {
    for fate in fates {
      guard let place = place(of: fate.ordinal), waiting[place].fate == .open else { continue }
      switch fate.outcome {
      case .written: waiting[place].fate = .written
      case .leftOut: waiting[place].fate = .leftOut
      case .renumbered, .rewritten:
        waiting[place].outcome = fate.outcome
        waiting[place].fate = .rewritten
      }
      settle(fragments.take(behind: fate.ordinal), as: waiting[place].fate)
    }
  }

  /// The fragments of a datagram go the way of the one that made it whole, which is all of it where it
  /// was rewritten.
  private func settle(_ datagram: WaitingFragments.Datagram?, as fate: PacketFate? = nil) {
    guard let datagram else { return }
    if fate == nil { for _ in datagram.ordinals { unseen.add(.incompleteDatagram) } }
    for ordinal in datagram.ordinals {
      guard let place = place(of: ordinal) else { continue }
      waiting[place].fate = (fate ?? datagram.otherwise) == .written ? .written : .leftOut
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
    var marks = batch.element.packets.fragments[...]
    var nextBlock = 0
    for index in 0..<batch.element.packets.frames.count {
      if nextBlock < batch.element.packets.frames.blocks.count {
        try takeBlocks(of: batch, from: &nextBlock, before: index)
      }
      let frame = batch.element.packets.frames[index]
      var fate = batch.element.fates[index]
      if fate == .written, let reason = batch.element.packets.unseenReason(ofPacketAt: index) {
        fate = fateOfUnseen(reason)
      }
      if let mark = marks.first, mark.index == index {
        marks.removeFirst()
        fate = take(mark, frame.ordinal, fate, at: batch.element.spoolEnd)
      }
      var outcome = PacketOutcome.written
      if fate == .rewritten { swap(&outcome, &batch.element.rewrites[index]) }
      if fate != .open && firstWaiting == waiting.count {
        try write(frame, fate, outcome)
      } else {
        add(frame, fate, outcome)
      }
    }
    if nextBlock < batch.element.packets.frames.blocks.count {
      try takeBlocks(of: batch, from: &nextBlock, before: .max)
    }
    for datagram in batch.element.packets.lostDatagrams {
      settle(fragments.take(datagram))
    }
    for datagram in fragments.takeOld(at: batch.element.spoolEnd) { settle(datagram) }
  }

  /// What becomes of a packet that belongs to no socket, and has payload.
  private func fateOfUnseen(_ reason: UnseenReason) -> PacketFate {
    // A fragment may come to be a part of a datagram.
    if reason != .incompleteDatagram { unseen.add(reason) }
    return dropsUnseen ? .leftOut : .written
  }

  /// What becomes of a fragment, as far as that is known.
  private func take(
    _ mark: FragmentMark, _ ordinal: UInt64, _ fate: PacketFate, at position: UInt64
  ) -> PacketFate {
    if !mark.isLast {
      fragments.add(ordinal, of: mark.datagram, at: position, otherwise: fate)
      return .open
    }
    if fate == .open {
      fragments.wait(for: ordinal, mark.datagram)
    } else {
      settle(fragments.take(mark.datagram), as: fate)
    }
    return fate
  }

  private func add(_ frame: Frame, _ fate: PacketFate, _ outcome: PacketOutcome) {
    let copy = framesStay ? nil : HeldFrame(frame)
    waiting.append(
      WaitingPacket(frame: copy?.frame ?? frame, copy: copy, fate: fate, outcome: outcome))
  }

  /// The blocks in front of a packet.
  private func takeBlocks(
    of batch: ElementReference<Batch>, from next: inout Int, before index: Int
  ) throws {
    let count = batch.element.packets.frames.blocks.count
    while next < count, batch.element.packets.frames.blocks[next].position <= index {
      let block = batch.element.packets.frames.blocks[next]
      next += 1
      if firstWaiting == waiting.count {
        try sink.write(block, interfaces: interfaces)
      } else {
        let copy = framesStay ? nil : HeldBlock(block)
        waitingBlocks.append(
          WaitingBlock(
            place: removed + UInt64(waiting.count), block: copy?.block ?? block, copy: copy))
      }
    }
  }

  /// Writes the blocks that stand in front of the first waiting packet.
  private func writeBlocks() throws {
    let place = removed + UInt64(firstWaiting)
    while firstWaitingBlock < waitingBlocks.count,
      waitingBlocks[firstWaitingBlock].place <= place
    {
      let waiting = waitingBlocks[firstWaitingBlock]
      firstWaitingBlock += 1
      try sink.write(waiting.block, interfaces: interfaces)
      waitingBlocks[firstWaitingBlock - 1].copy = nil
    }
    if firstWaitingBlock == waitingBlocks.count || firstWaitingBlock > 1 << 12 {
      waitingBlocks.removeFirst(firstWaitingBlock)
      firstWaitingBlock = 0
    }
  }

  private func writeDecided() throws {
    while firstWaiting < waiting.count, waiting[firstWaiting].fate != .open {
      if !waitingBlocks.isEmpty { try writeBlocks() }
      let packet = waiting[firstWaiting]
      try write(packet.frame, packet.fate, packet.outcome)
      waiting[firstWaiting].copy = nil
      waiting[firstWaiting].outcome = .written
      firstWaiting += 1
    }
    if !waitingBlocks.isEmpty { try writeBlocks() }
    // Half of them at once, so that each is moved once.
    if firstWaiting == waiting.count || firstWaiting > max(waiting.count / 2, 256) {
      waiting.removeFirst(firstWaiting)
      removed += UInt64(firstWaiting)
      firstWaiting = 0
    }
  }

  private func write(_ frame: Frame, _ fate: PacketFate, _ outcome: PacketOutcome) throws {
    switch fate {
    case .written: try sink.write(frame, interfaces: interfaces)
    case .rewritten:
      packetsRewritten += 1
      noteDifference()
      try rewrite(frame, outcome)
    case .leftOut, .open:
      noteDifference()
      if countsLeftOut { packetsLeftOut += 1 }
    }
  }

  /// From here on what is written is not what was read.
  func noteDifference() {
    if differs { return }
    differs = true
    sink.noteDifference()
  }

  /// What was known about packets and could not be written.
  var unkept: Unkept { sink.unkept }

  private func rewrite(_ frame: Frame, _ outcome: PacketOutcome) throws {
    let (sink, interfaces) = (sink, interfaces)
    let hasCheckSequence = hasCheckSequence(frame)
    let bare = hasCheckSequence ? frame.droppingLast(FrameCheckSequence.length) : frame
    var isFirst = true
    try rewriter.rewrite(bare, outcome, layers: layers.layers) { new in
      defer { isFirst = false }
      guard hasCheckSequence else {
        return try sink.write(new, madeOf: frame, isFirst: isFirst, interfaces: interfaces)
      }
      var scratch = FrameScratch()
      scratch.fill(new.bytes)
      scratch.append(FrameCheckSequence.bytes(of: new.bytes)[...])
      try scratch.lend(like: frame) {
        try sink.write($0, madeOf: frame, isFirst: isFirst, interfaces: interfaces)
      }
    }
  }

  /// Whether a frame ends with a check sequence, by what its capture says of the interface.
  private func hasCheckSequence(_ frame: Frame) -> Bool {
    frame.linkType == .ethernet && frame.interface < interfaces.count
      && interfaces[frame.interface].fcsLength == UInt8(FrameCheckSequence.length)
      && frame.capturedLength == frame.originalLength
      && frame.capturedLength > FrameCheckSequence.length
  }

  /// At the end: what is still open was never decided against.
  func finish() throws {
    for datagram in fragments.takeAll() { settle(datagram) }
    for place in waiting.indices where waiting[place].fate == .open {
      waiting[place].fate = .written
    }
    try writeDecided()
    try sink.finish()
  }
}
