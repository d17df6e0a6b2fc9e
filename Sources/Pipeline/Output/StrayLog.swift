import Analysis
import Reassembly
import Sockets
import Wire

/// An oddity of a packet that belongs to no socket, as a worker notes it: few of them are written, and
/// only of these the ends are read.
struct StrayNote: BitwiseCopyable {
  var name: Weird
  var packet: PacketInfo
  /// How often the packet had it.
  var times: UInt64 = 1
}

extension [StrayNote] {
  /// Adds one, or counts it where the packet has just had the same: so there are never many more of
  /// them than there are packets.
  mutating func note(_ name: Weird, of packet: PacketInfo) {
    if let last, last.name == name, last.packet.ordinal == packet.ordinal {
      self[count - 1].times += 1
    } else {
      append(StrayNote(name: name, packet: packet))
    }
  }
}

/// Writes the oddities of packets that belong to no socket: of each name the first of the run, the
/// tenth, the hundredth and so on.
///
/// In one place, whoever has found them, as they are counted over the whole run.
struct StrayLog {
  private let formatter: any RecordFormatter
  /// How often each was found, by its number.
  private var counts = [UInt64](repeating: 0, count: Int(UInt8.max) + 1)
  private var tallies: [UInt64]

  init(formatter: any RecordFormatter) {
    self.formatter = formatter
    tallies = counts
  }

  /// Takes what was found since it was last asked.
  ///
  /// - Parameters:
  ///   - strays: what was found before the workers.
  ///   - notes: what each of them found.
  ///   - ends: how many ends of the input have been reached (`RecordEmitter.ends`).
  ///   - packetEnds: of the packet of a note.
  ///   - captureName: of a packet's number the capture that it comes from.
  mutating func take(
    _ strays: [StrayWeird], _ notes: [[StrayNote]], ends: UInt64 = 0, to lane: inout OutputLane,
    packetEnds: (UInt64) -> PacketEnds?, captureName: (UInt64) -> String?
  ) {
    if countsUnwritten(strays, notes) { return }
    let noted = notes.joined().map {
      StrayWeird($0.name, of: $0.packet, packetEnds($0.packet.ordinal), times: $0.times)
    }
    for stray in (strays + noted).sorted(by: { $0.isBefore($1) }) {
      let before = counts[Int(stray.name.number)]
      let after = before &+ stray.times
      counts[Int(stray.name.number)] = after
      for count in WeirdSample.counts(from: before, to: after) {
        let subject = RecordSubject(
          ends: stray.ends, packet: stray.packet, captureName: captureName(stray.packet.ordinal))
        // In front of what the packet does to sockets.
        let key = OutputKey(ordinal: stray.packet.ordinal &+ ends, subIndex: 0)
        let record = WeirdNote(stray.name).record(count: count)
        lane.append(OutputPlace(key: key)) { formatter.append(record, about: subject, to: &$0) }
      }
    }
  }

  /// Counts those of which none is to be written, in whatever order they came; `false` where one is, and
  /// then none is counted. A flood brings one with every packet.
  private mutating func countsUnwritten(_ strays: [StrayWeird], _ notes: [[StrayNote]]) -> Bool {
    var names: [Int] = []
    func add(_ name: Weird, _ times: UInt64) {
      let number = Int(name.number)
      if tallies[number] == 0 { names.append(number) }
      tallies[number] &+= times
    }
    for stray in strays { add(stray.name, stray.times) }
    for list in notes { for note in list { add(note.name, note.times) } }
    defer { for number in names { tallies[number] = 0 } }
    for number in names
    where WeirdSample.comes(from: counts[number], to: counts[number] &+ tallies[number]) {
      return false
    }
    for number in names { counts[number] &+= tallies[number] }
    return true
  }
}
