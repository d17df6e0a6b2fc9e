import Sockets
import Wire

// Where the window of a receiver ends, and what is sent beyond it.
extension Connection {
  /// Nothing that far beyond a window is followed: who did would lose what comes afterwards.
  private static var farthest: Int64 { 1 << 24 }

  // MARK: announced

  func judgeWindow(
    _ segment: Segment, _ direction: Direction, _ ack: Int64, _ before: Int64?
  ) {
    let sender = direction.reversed
    if segment.view.window == 0 { note(.zeroWindow, segment) }
    noteDuplicate(segment, direction, ack, before)
    let update = sides[direction.index].offset(of: segment.view.sequence)
    let isNewer = ack >= before ?? ack && update >= sides[sender.index].lastUpdate
    // That of a SYN is not scaled (RFC 7323 §2.2).
    guard let shift = segment.opens ? 0 : windowShift(of: direction) else {
      if isNewer { sides[sender.index].lastWindow = segment.view.window }
      return
    }
    let edge = ack &+ Int64(segment.view.window) << Int64(shift)
    settleOverrun(segment, sender, ack: ack, edge: edge)
    sides[sender.index].edge = max(sides[sender.index].edge ?? edge, edge)
    guard isNewer else { return }
    // By less than a unit it moves back when the acknowledgement does not move by whole ones.
    if let announced = sides[sender.index].announced, announced - edge >= 1 << Int64(shift),
      !isOlderByClock(segment, direction), !coversFIN(ack, of: sender)
    {
      note(.windowShrunk, segment, [.init("edge", edge), .init("before", announced)])
    }
    // What a SYN announces, stacks take back: they size their buffers afterwards.
    if !segment.opens { sides[sender.index].announced = edge }
    sides[sender.index].lastUpdate = update
    sides[sender.index].lastWindow = segment.view.window
  }

  /// Whether there is nothing more to make room for.
  private func coversFIN(_ ack: Int64, of sender: Direction) -> Bool {
    sides[sender.index].fin.map { ack > $0 } ?? false
  }

  /// Whether an acknowledgement with the same numbers was sent before the last one.
  private func isOlderByClock(_ segment: Segment, _ direction: Direction) -> Bool {
    guard let value = segment.options.timestamps?.value else { return false }
    return TimestampClock.isAfter(sides[direction.index].clock.newest, value)
  }

  /// As RFC 5681 §2 has it: a host counts them.
  private func noteDuplicate(
    _ segment: Segment, _ direction: Direction, _ ack: Int64, _ before: Int64?
  ) {
    let side = sides[direction.reversed.index]
    if segment.isEmpty, ack == before, side.high > ack, side.lastWindow == segment.view.window {
      note(.duplicateAck, segment, [.init("acknowledgment", ack)])
    }
  }

  // MARK: sent beyond it

  /// Nobody sends beyond the right edge of the window (RFC 9293 §3.8.6), but for a byte to ask whether it
  /// has opened. `false` for what lies so far beyond that it is not followed.
  func isFollowed(
    _ segment: Segment, _ direction: Direction, _ offset: Int64, _ end: Int64
  ) -> Bool {
    let index = direction.index
    guard let edge = sides[index].edge, end > edge else { return true }
    if offset == edge, segment.length == 1 {
      note(.windowProbe, segment)
      return true
    }
    let overrun = StreamSide.Overrun(offset: offset, end: end, edge: edge, packet: segment.packet)
    if sides[index].overrun == nil, !ledger.options.isInOrder, offset <= sides[index].high {
      sides[index].overrun = overrun
    } else {
      refuse(overrun, direction)
    }
    if offset - edge > Self.farthest { return false }
    // Until the next acknowledgement: all that follows is beyond it as well.
    sides[index].edge = nil
    return true
  }

  func refuse(_ overrun: StreamSide.Overrun, _ direction: Direction) {
    note(
      .beyondWindow, overrun.packet, direction,
      [
        .init("offset", overrun.offset), .init("length", overrun.end - overrun.offset),
        .init("edge", overrun.edge),
      ])
  }

  /// The next acknowledgement says what to think of text beyond the window: it opened the window, and
  /// the capture has it late; or it did not.
  private func settleOverrun(_ segment: Segment, _ sender: Direction, ack: Int64, edge: Int64?) {
    guard let overrun = sides[sender.index].overrun else { return }
    sides[sender.index].overrun = nil
    if let edge, edge >= overrun.end, ack <= overrun.offset,
      segment.time.since(overrun.packet.timestamp) <= Self.reordering
    {
      note(.captureReordered, segment)
    } else {
      refuse(overrun, sender)
    }
  }
}
