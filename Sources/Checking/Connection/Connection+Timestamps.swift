import Sockets
import Wire

// RFC 7323.
extension Connection {
  /// After so many more segments of the peer an echo is not explained by the order of the capture.
  private static var patience: Int { 16 }

  func judgeTimestamps(_ segment: Segment, _ direction: Direction) {
    let index = direction.index
    guard let (value, _) = segment.options.timestamps else {
      return judgeMissing(segment, direction)
    }
    judgeAge(value, segment, direction)
    sides[index].clock.note(value)
    settleEcho(value, segment, direction)
    // TS.Recent moves with what is at its left edge. That edge is further right than what was seen to be
    // acknowledged, if it is not there.
    guard let acknowledged = sides[index].acknowledged,
      sides[index].offset(of: segment.view.sequence) <= acknowledged
    else { return }
    sides[index].clock.setRecent(value, segment.time)
  }

  /// Agreed on by both SYNs they are in every segment (RFC 7323 §3.2), but some hosts leave them out of
  /// keep-alives.
  private func judgeMissing(_ segment: Segment, _ direction: Direction) {
    guard isNegotiated, sides.allSatisfy(\.hasTimestamps) else { return }
    let side = sides[direction.index]
    if segment.isEmpty, side.offset(of: segment.view.sequence) < side.high { return }
    note(.timestampMissing, segment)
  }

  private func judgeAge(_ value: UInt32, _ segment: Segment, _ direction: Direction) {
    let side = sides[direction.index]
    guard side.clock.isStale(value, at: segment.time), !segment.opens else { return }
    let end = side.offset(of: segment.view.sequence) &+ segment.length
    let isNew = end > side.high && (segment.length > 0 || segment.closes)
    // Old copies are dropped for it, as they are meant to be; new text must not be.
    note(
      isNew ? .paws : .staleTimestamp, segment,
      [.init("value", Int64(value)), .init("recent", Int64(side.clock.recent?.value ?? 0))])
  }

  /// The echo is a value that the peer has sent (RFC 7323 §3.2).
  func judgeEcho(_ segment: Segment, _ direction: Direction) {
    guard let (_, echo) = segment.options.timestamps, echo != 0 else { return }
    let sender = direction.reversed
    let clock = sides[sender.index].clock
    guard let first = clock.first else { return }
    let isTooNew = TimestampClock.isAfter(echo, clock.newest)
    let isTooOld = sides[sender.index].hasSYN && TimestampClock.isAfter(first, echo)
    guard isTooNew || isTooOld else { return }
    if isTooNew, !ledger.options.isInOrder {
      if clock.awaited == nil {
        sides[sender.index].clock.awaited = (echo, segment.packet, Self.patience)
      }
    } else {
      refuseEcho(echo, segment.packet, direction)
    }
  }

  private func settleEcho(_ value: UInt32, _ segment: Segment, _ direction: Direction) {
    guard var awaited = sides[direction.index].clock.awaited else { return }
    awaited.patience -= 1
    sides[direction.index].clock.awaited = awaited
    if awaited.value == value {
      sides[direction.index].clock.awaited = nil
      note(.captureReordered, awaited.packet, direction.reversed)
    } else if awaited.patience == 0 {
      sides[direction.index].clock.awaited = nil
      refuseEcho(awaited.value, awaited.packet, direction.reversed)
    }
  }

  private func refuseEcho(_ echo: UInt32, _ packet: PacketInfo, _ direction: Direction) {
    note(
      .echoUnseen, packet, direction,
      [
        .init("echo", Int64(echo)),
        .init("newest", Int64(sides[direction.reversed.index].clock.newest)),
      ])
  }
}
