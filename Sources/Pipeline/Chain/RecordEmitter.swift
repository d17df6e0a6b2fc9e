import Analysis
import Buffers
import Reassembly
import Sockets
import Wire

/// What stands behind the analyzers' contexts: knows which socket and packet a call is about, and
/// collects what the calls emit.
final class RecordEmitter: AnalysisEngine {
  /// What is being reported; `nil` between calls and at the end of the run.
  var socket: SocketView?
  /// The socket as it stood when what is being reported came; `nil` for as it stands.
  ///
  /// Kept aside: to write an empty one of this size at each call would be what the call costs.
  var snapshot: SocketInfo? {
    get { isLate ? late : nil }
    set {
      isLate = newValue != nil
      if let newValue { late = newValue }
    }
  }
  /// Whether there is a snapshot.
  private(set) var isLate = false
  private var late: SocketInfo?
  var packet = PacketInfo(ordinal: 0, timestamp: Timestamp(nanoseconds: 0))
  /// How many ends of the input have been reached: of the packets, then of the sockets. What is
  /// written then stands behind all that the last packet caused.
  var ends: UInt64 = 0
  var lane = OutputLane()
  /// Counts the calls to analyzers as the packets bring them about.
  var calls: UInt64 = 0
  /// Which of them is going on: the last one, or an earlier one that had to wait.
  var step: UInt64 = 0
  var link = 0
  /// The packets at hand, or the last ones.
  private var batch: ElementReference<Batch>?
  private var lastCaptureName: String?
  private let formatter: any RecordFormatter

  init(formatter: any RecordFormatter) { self.formatter = formatter }

  func begin(_ batch: ElementReference<Batch>) {
    self.batch = batch
    let frames = batch.element.packets.frames.count
    guard frames > 0 else { return }
    let last = batch.element.packets.frames[frames - 1].ordinal
    lastCaptureName = batch.element.captureName(ofPacket: last)
  }

  /// Behind the packet that caused it; of several sockets that a packet moves (by its time), the
  /// older comes first.
  private var place: OutputPlace {
    let birth = snapshot?.firstPacket.ordinal ?? socket?.firstOrdinal ?? .max
    let key = OutputKey(ordinal: packet.ordinal &+ ends, subIndex: birth)
    return OutputPlace(key: key, step: step, link: link)
  }

  /// The capture that a packet comes from; `nil` on an interface.
  private func captureName(of packet: PacketInfo) -> String? {
    // At the end of the input the last packet stands for what happens.
    if ends > 0 { return lastCaptureName }
    return batch.flatMap { $0.element.captureName(ofPacket: packet.ordinal) } ?? lastCaptureName
  }

  func currentSocket() -> SocketInfo { snapshot ?? liveSocket }

  /// The socket of the packet at hand, as it stands.
  var liveSocket: SocketInfo {
    guard let socket else { preconditionFailure("a context outlived its call") }
    var info = socket.info
    complete?(&info)
    return info
  }

  /// Adds what the deferral stage knows of a socket.
  var complete: ((inout SocketInfo) -> Void)?

  func emit(_ record: Record) {
    let info = snapshot ?? socket?.info
    let subject = info.map {
      RecordSubject(socket: $0, packet: packet, captureName: captureName(of: packet))
    }
    lane.append(place) { formatter.append(record, about: subject, to: &$0) }
  }

  /// Writes what no call has brought about, whichever call is going on, or was the last one: behind
  /// all that the calls of the packet so far have to say, even those that have to wait, and in front of
  /// what later ones say.
  func emit(_ record: Record, of socket: SocketView, packet: PacketInfo) {
    let subject = RecordSubject(
      socket: socket.info, packet: packet, captureName: captureName(of: packet))
    let key = OutputKey(ordinal: packet.ordinal &+ ends, subIndex: socket.firstOrdinal)
    lane.append(OutputPlace(key: key, step: calls, link: .max)) {
      formatter.append(record, about: subject, to: &$0)
    }
  }

  /// Set by who knows how to hold.
  var holder: ((borrowing Chunk) -> HeldChunk)?

  func hold(_ chunk: borrowing Chunk) -> HeldChunk {
    guard let holder else { preconditionFailure("nobody holds chunks here") }
    return holder(chunk)
  }

  func print(_ line: String) {
    lane.append(place) {
      $0.append(text: line)
      $0.append(UInt8(ascii: "\n"))
    }
  }
}
