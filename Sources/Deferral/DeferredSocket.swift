package import Analysis
import Buffers
package import Sockets

/// A socket of whose data something waits, or waited once: it stands in its chain in place of the
/// analyzers, and shows them data and events in the order of the packets.
///
/// Each link has a queue. What comes to a link behind something undecided waits in it; but data is
/// shown ahead to the link that has not answered yet. Answers take effect when the stage *settles* the
/// socket, which depends on the packets alone: so nothing that an analyzer is shown depends on when an
/// answer came.
package final class DeferredSocket: SocketAnalyzer {
  package let id: SocketID
  let shard: Int
  let isDatagrams: Bool
  unowned let stage: DeferralStage
  let fates: any PacketFates
  let nodes: OwnedElements<LinkNode>
  /// The analyzer of the first link, whether or not it has been taken out since.
  private let sole: any SocketAnalyzer
  private let isThroughPool: Bool
  package internal(set) var isDropped = false
  /// Whether it stands in the list of those that wait.
  var isListed = false
  var isAdvancing = false
  /// Whether it stands among those with packets whose fate is open.
  var isMarked = false
  var nextDataIndex: UInt32 = 0
  let packets: OwnedElement<PacketLedger>?
  /// Of each direction, where packets are written.
  let lengths: OwnedElements<HTTPLengths>
  /// By `Direction.index`.
  var droppedBytes: [2 of UInt64] = [0, 0]
  /// Bytes that edits have taken out, and put in.
  var deniedBytes: [2 of UInt64] = [0, 0]
  var injectedBytes: [2 of UInt64] = [0, 0]

  /// What is kept of edits, as the stage was told.
  var keptEdits = 0
  /// The last packet with text that nobody was shown, of those that had not to wait.
  var lastUnseen = UInt64.max
  /// Whether the stage counts it among those that have to be kept in mind when they have gone.
  var isCounted = false

  /// - Parameter memo: what is kept of the socket that it goes on from.
  package init(
    _ socket: SocketInfo, links: [AttachedLink], stage: DeferralStage,
    resuming memo: DepartureMemo = .none
  ) {
    let earlier = memo == .none ? nil : stage.takeDeparture(memo)
    id = socket.id
    shard = socket.shard
    isDatagrams = socket.transport == .udp
    self.stage = stage
    fates = stage.fates
    nodes = OwnedElements(count: links.count) { LinkNode(links[$0]) }
    sole = links.first?.analyzer ?? NoAnalyzer()
    isThroughPool = stage.configuration.isThroughPool
    if !stage.configuration.writesPackets {
      packets = nil
    } else if let earlier {
      packets = OwnedElement(
        PacketLedger(resuming: earlier.streams, dropsUnseen: stage.configuration.dropsUnseen))
    } else {
      packets = OwnedElement(
        PacketLedger(isDatagrams: isDatagrams, dropsUnseen: stage.configuration.dropsUnseen))
    }
    isCounted = earlier?.isDropped == false
    isDropped = earlier?.isDropped ?? false
    let isStream = stage.configuration.writesPackets && !isDatagrams
    lengths = OwnedElements(count: isStream ? 2 : 0) { _ in HTTPLengths() }
    for direction in Direction.allCases where !isDecided(direction) {
      packets?.element.open(direction)
    }
  }

  /// What one takes, about, with the ledger of its packets and its place among those with open ones.
  package static func byteCount(links: Int) -> Int {
    512 + MemoryLayout<PacketLedger>.stride + 2 * MemoryLayout<HTTPLengths>.stride
      + links * (64 + MemoryLayout<LinkNode>.stride)
  }

  /// What its links want to be told.
  package var interest: Interest {
    nodes.indices.reduce(Interest.events) { $0.union(nodes[$1].interest) }.subtracting(.observing)
  }

  /// Notes how many bytes of each direction wait, and how many were dropped.
  package func addStatistics(to socket: inout SocketInfo) {
    for direction in Direction.allCases {
      var held = 0
      for index in nodes.indices { held += nodes[index].heldBytes(direction) }
      let index = direction.index
      socket.setHeld(
        UInt64(held), injected: injectedBytes[index],
        denied: deniedBytes[index] &+ droppedBytes[index], direction)
    }
  }

  var isWaiting: Bool { isWaiting(from: 0) }
  /// Chunks that were held and not carried out: whether they are answered shows in nothing.
  var heldCount: Int { nodes.indices.reduce(0) { $0 + nodes[$1].ticketCount } }

  func takeDataIndex() -> UInt32 {
    defer { nextDataIndex &+= 1 }
    return nextDataIndex
  }

  var host: any DeferralHost { stage.host }

  /// What the packet at hand brings about.
  var liveCause: Cause {
    let call = host.currentCall
    return Cause(packet: call.packet, step: call.step, socket: nil)
  }

  /// To be kept beyond the call.
  func kept(_ cause: Cause) -> Cause {
    var cause = cause
    if cause.socket == nil { cause.socket = host.currentSocket() }
    return cause
  }

  // What comes from the socket.

  package func data(_ chunk: borrowing Chunk, _ context: inout Context) throws -> Verdict {
    guard isPlain else {
      pass(chunk.bytes, Stretch(chunk.direction, at: chunk.offset), to: 0, liveCause, &context)
      return .allow
    }
    // The host has entered its only link already.
    do {
      let verdict = nodes[0].wants(chunk.direction) ? try sole.data(chunk, &context) : .allow
      if case .allow = verdict, context.injections.isEmpty {
        if packets != nil { releaseAtHand(chunk, context.packet.ordinal) }
      } else {
        resume(chunk, at: 0, verdict, &context)
      }
    } catch {
      resume(chunk, at: 0, failure: error, &context)
    }
    return .allow
  }

  /// Whether nothing waits and there is one link, so that data needs no more than to be shown to it.
  private var isPlain: Bool {
    nodes.count == 1 && nodes[0].isIdle && !isDropped && !isThroughPool
  }

  package func event(_ event: SocketEvent, _ context: inout Context) throws {
    pass(event, to: 0, liveCause, &context)
    if event == .detached {
      // What the socket is goes with it.
      stage.settle(self, &context)
      releasePackets()
      countKeptEdits(0)
      stage.forget(self)
    }
  }

  /// Goes on with a chunk where the chain has shown it to a link already, and carries out what that
  /// has answered.
  package func resume(
    _ chunk: borrowing Chunk, at link: Int, _ verdict: Verdict, _ context: inout Context
  ) {
    // Nothing was changed in front of it, as that would have brought the socket here.
    let stretch = Stretch(chunk.direction, at: chunk.offset)
    inject(before: stretch, at: link, liveCause, &context)
    apply(verdict, chunk.bytes, stretch, final: nil, at: link, liveCause, &context)
  }

  /// As above, where the link has thrown.
  package func resume(
    _ chunk: borrowing Chunk, at link: Int, failure: any Error, _ context: inout Context
  ) {
    crash(
      failure, chunk.bytes, Stretch(chunk.direction, at: chunk.offset), at: link, liveCause,
      &context)
  }

  /// Goes on with an event where the chain has told it to a link already.
  package func resume(_ event: SocketEvent, behind link: Int, _ context: inout Context) {
    pass(event, to: link + 1, liveCause, &context)
  }

  /// A link threw in an event.
  package func fail(_ error: any Error, at link: Int, _ context: inout Context) {
    crash(error, VerdictPlace(link: link), liveCause, &context)
  }

  /// What a link put into the streams, and decided of the whole flow, in an event.
  package func decide(_ verdict: Verdict?, at link: Int, _ context: inout Context) {
    inject(before: nil, at: link, liveCause, &context)
    if let verdict { applyToFlow(verdict, at: link, liveCause, &context) }
  }
}

/// What an error of the stage is called in messages.
struct DeferralError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

private final class NoAnalyzer: SocketAnalyzer {}
