public import Reassembly
import Sockets
import Wire

/// Judges the packets of a capture as TCP: whether both ends could have sent and taken what there is.
///
///     let checker = CaptureChecker { print($0) }
///     while source.fill(&batch.frames) { checker.take(&batch) }
///     checker.finish()
///
/// It follows connections by itself, apart from the reassembler, whose decapsulation it uses. Not for
/// several threads.
public final class CaptureChecker {
  private let ledger: Ledger
  private let decapsulator: Decapsulator
  private let table: ConnectionTable

  /// - Parameter report: told of complaints in the order in which they are found out, which is that of
  ///   packets but for what has to wait, such as holes.
  public init(_ options: CheckOptions = CheckOptions(), report: @escaping (Complaint) -> Void) {
    var configuration = ReassemblyConfiguration()
    configuration.checksums = options.checksums
    configuration.memory = options.memory
    decapsulator = Decapsulator(configuration)
    ledger = Ledger(options, report: report)
    table = ConnectionTable(ledger)
  }

  /// What was judged so far. Connections that are still open have yet to be settled by `finish`.
  public var counts: CheckCounts { ledger.counts }

  /// Judges the frames in `batch.frames`, which follow those of the batch before.
  public func take(_ batch: inout PacketBatch) {
    decapsulator.prepare(&batch)
    takeStrays(of: batch)
    for index in 0..<batch.frames.count {
      let frame = batch.frames.reference(to: index)
      let packet = PacketInfo(ordinal: frame.element.ordinal, timestamp: frame.element.timestamp)
      ledger.counts.packets += 1
      judgeHeader(at: index, of: batch, packet)
      switch batch.packet(at: index) {
      case .segment(let view):
        ledger.counts.segments += 1
        batch.withBytes(of: view) { table.take(view, packet, $0) }
      case .datagram(let checksum):
        ledger.counts.datagrams += 1
        judge(checksum, packet, batch.ends(ofPacketAt: index))
      case .malformed(let isTruncated):
        ledger.counts.others += 1
        // What contradicts itself is among the strays.
        if isTruncated { ledger.add(stray: .truncated, packet, nil) }
      case .other: ledger.counts.others += 1
      }
    }
  }

  /// A checksum of 0 in an IPv4 header is left to the network card, unless it is right.
  private func judgeHeader(at index: Int, of batch: borrowing PacketBatch, _ packet: PacketInfo) {
    guard ledger.options.checksums != .none, batch.lacksHeaderChecksum(at: index) else { return }
    let isOffload = ledger.options.checksums == .auto
    ledger.add(
      stray: isOffload ? .checksumOffload : .badHeaderChecksum, packet,
      batch.ends(ofPacketAt: index))
  }

  /// Of a UDP datagram.
  private func judge(
    _ checksum: SegmentView.ChecksumFinding, _ packet: PacketInfo, _ ends: PacketEnds?
  ) {
    switch checksum {
    case .notVerified, .right: break
    case .offloaded where ledger.options.checksums == .auto:
      ledger.add(stray: .checksumOffload, packet, ends)
    case .wrong, .offloaded: ledger.add(stray: .badUDPChecksum, packet, ends)
    }
  }

  private func takeStrays(of batch: borrowing PacketBatch) {
    for stray in batch.strays {
      switch stray.name {
      case .badHeaderChecksum: ledger.add(stray: .badHeaderChecksum, stray.packet, stray.ends)
      case .badChecksum: ledger.add(stray: .badChecksum, stray.packet, stray.ends)
      case .malformedTCP, .malformedUDP:
        if !isTruncated(stray.packet, in: batch) {
          ledger.add(stray: .malformed, stray.packet, stray.ends)
        }
      default: break
      }
    }
  }

  private func isTruncated(_ packet: PacketInfo, in batch: borrowing PacketBatch) -> Bool {
    guard !batch.frames.isEmpty else { return false }
    let index = packet.ordinal &- batch.frames[0].ordinal
    guard index < UInt64(batch.frames.count) else { return false }
    if case .malformed(let isTruncated) = batch.packet(at: Int(index)) { return isTruncated }
    return false
  }

  /// The end of the capture: says what open connections still have to answer for.
  public func finish() {
    _ = decapsulator.finish()
    table.finish()
  }
}
