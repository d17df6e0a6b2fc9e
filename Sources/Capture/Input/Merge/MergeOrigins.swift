import Buffers
import CSystem
import Synchronization

/// Which file each interface of a merge belongs to: for whoever looks at frames while another
/// thread reads on.
final class MergeOrigins: Sendable {
  private struct Origin: @unchecked Sendable {
    // Unchecked: of the source only what any thread may ask is asked.
    var file: String
    var source: (any PacketSource)?
  }

  private let origins = Mutex<[Origin]>([])
  private let lost = Mutex<UInt64>(0)

  /// Adds one more interface.
  func append(file: String) { origins.withLock { $0.append(Origin(file: file)) } }

  /// What the interfaces are read from, while they are.
  func setSource(_ source: (any PacketSource)?, of interfaces: [Int]) {
    let origin = Origin(file: "", source: source)
    origins.withLock { origins in
      for index in interfaces { origins[index].source = origin.source }
    }
  }

  func file(_ interface: Int) -> String? {
    origins.withLock { $0.indices.contains(interface) ? $0[interface].file : nil }
  }

  /// Good frames that went with missing ones.
  var lostFrames: UInt64 { lost.withLock { $0 } }

  /// Cuts a batch before the first frame that has gone. What other files have behind it is lost
  /// and counted: this is about files that shrink while they are read.
  func takeBackMissing(from batch: inout FrameBatch) {
    if csystem_guard_has_faulted() == 0 { return }
    let sources = sources(of: batch)
    var end = batch.count
    var kept: [Int] = []
    for (source, places) in sources {
      let whole = Self.wholeFrames(of: source, batch, places)
      if whole < places.count { end = min(end, places[whole]) }
      kept += places.prefix(whole)
    }
    let losses = kept.count { $0 >= end }
    if losses > 0 { lost.withLock { $0 += UInt64(losses) } }
    batch.truncate(to: end)
  }

  /// The sources of a batch, and where in it their frames are.
  private func sources(of batch: borrowing FrameBatch) -> [(any PacketSource, [Int])] {
    var places: [ObjectIdentifier: [Int]] = [:]
    var sources: [any PacketSource] = []
    for index in 0..<batch.count {
      let interface = batch[index].interface
      guard let source = origins.withLock({ $0[interface] }).source else { continue }
      if places[ObjectIdentifier(source)] == nil { sources.append(source) }
      places[ObjectIdentifier(source), default: []].append(index)
    }
    return sources.map { ($0, places[ObjectIdentifier($0)] ?? []) }
  }

  /// How many of a source's frames in a batch are still there, from its first.
  private static func wholeFrames(
    of source: any PacketSource, _ batch: borrowing FrameBatch, _ places: [Int]
  ) -> Int {
    var frames = FrameBatch(capacity: places.count)
    for place in places { frames.append(batch[place]) }
    source.takeBackMissing(from: &frames)
    return frames.count
  }
}
