import Sockets

/// Where all complaints come together: counts them, and reports those that are wanted.
final class Ledger {
  let options: CheckOptions
  private let report: (Complaint) -> Void
  var counts = CheckCounts()
  /// Bytes of streams that may still be kept.
  var room: Int
  /// Holes of all streams.
  var holes = 0
  var isFullOfHoles: Bool { holes >= options.holes }
  /// Lets go of the bytes of the connection that was heard of least recently; `false` when there are
  /// none, or only those of `keeper`.
  var makeRoom: (_ keeper: Connection) -> Bool = { _ in false }
  private var strays: [Complaint.Name: UInt64] = [:]

  init(_ options: CheckOptions, report: @escaping (Complaint) -> Void) {
    self.options = options
    self.report = report
    room = options.streamBytes
  }

  /// - Parameters:
  ///   - count: how many there have been, this one included.
  ///   - make: called when it is to be reported.
  func add(_ name: Complaint.Name, count: UInt64, _ make: () -> Complaint) {
    counts.complaints[name, default: 0] += 1
    if name.severity == .note && !options.reportsNotes { return }
    if !options.isSampled || Self.isSampled(count) { report(make()) }
  }

  /// One that belongs to no connection.
  func add(stray name: Complaint.Name, _ packet: PacketInfo, _ ends: PacketEnds?) {
    strays[name, default: 0] += 1
    let count = strays[name, default: 1]
    add(name, count: count) {
      Complaint(
        name: name, packet: packet, direction: nil, figures: [], socket: nil, ends: ends,
        count: count)
    }
  }

  /// 1, 10, 100 and so on.
  static func isSampled(_ count: UInt64) -> Bool {
    var rest = count
    while rest > 9, rest % 10 == 0 { rest /= 10 }
    return rest == 1
  }
}
