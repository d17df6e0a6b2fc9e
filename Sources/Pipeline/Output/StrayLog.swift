import Analysis
import Reassembly
import Wire

/// Writes the oddities of packets that belong to no socket: of each name the first of the run, the
/// tenth, the hundredth and so on.
///
/// In one place, whoever has found them, as they are counted over the whole run.
struct StrayLog {
  private let formatter: any RecordFormatter
  private var counts: [Weird: UInt64] = [:]

  init(formatter: any RecordFormatter) { self.formatter = formatter }

  /// - Parameters:
  ///   - strays: of the packets since those that were given before.
  ///   - ends: how many ends of the input have been reached (`RecordEmitter.ends`).
  ///   - captureName: of a packet's number the capture that it comes from.
  mutating func write(
    _ strays: [StrayWeird], ends: UInt64 = 0, to lane: inout OutputLane,
    captureName: (UInt64) -> String?
  ) {
    for stray in strays.sorted(by: { $0.isBefore($1) }) {
      let before = counts[stray.name, default: 0]
      let after = before &+ stray.times
      counts[stray.name] = after
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
}
