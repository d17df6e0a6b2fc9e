extension InlineStream {
  /// What of a stretch can leave now: what the receiver's window has room for. The rest stays in the
  /// log, and leaves when there is room.
  mutating func send(_ stretch: Stretch) -> Stretch? {
    var sent = stretch
    if stretch.isWhole, map.isIdentity {
      // The sender knows the window.
      note(stretch)
      return stretch
    }
    if !stretch.isWhole || stretch.range.lowerBound < received {
      let start = min(max(stretch.range.lowerBound, received), stretch.range.upperBound)
      if start > stretch.range.lowerBound { sent.isWhole = false }
      sent.range = start..<stretch.range.upperBound
    }
    guard sent.range.lowerBound <= left else { return probe(stretch) }
    let upper = min(sent.range.upperBound, max(reach, sent.range.lowerBound))
    if upper < sent.range.upperBound {
      sent.isWhole = false
      sent.range = sent.range.lowerBound..<upper
    }
    if sent.hasEnd {
      // A FIN needs a number of the window, too.
      sent.hasEnd = upper == log.end && log.end < reach && received <= log.end
      if !sent.hasEnd { sent.isWhole = false }
    }
    guard !sent.range.isEmpty || sent.hasEnd else { return probe(stretch) }
    note(sent)
    return sent
  }

  /// What the window has room for now and has never left.
  mutating func sendMore() -> Stretch? {
    guard !map.isIdentity else { return nil }
    let upper = max(min(log.end, reach), left)
    var stretch = Stretch(range: left..<upper, isLate: true)
    stretch.hasEnd = isEndReleased && !hasEndLeft && upper == log.end && log.end < reach
    guard !stretch.range.isEmpty || stretch.hasEnd else { return nil }
    note(stretch)
    return stretch
  }

  /// A sender that repeats what there is no room for, or has nothing else under way, wants to know of
  /// the window. It does not know which byte the receiver waits for.
  private mutating func probe(_ stretch: Stretch) -> Stretch? {
    let isAsking = stretch.isRepeated || received >= left
    guard isAsking, !stretch.range.isEmpty || stretch.hasEnd, !isReceived else { return nil }
    var probe = stretch
    probe.isWhole = false
    probe.range = received..<min(received &+ 1, log.end)
    probe.hasEnd = probe.range.isEmpty
    note(probe)
    return probe
  }

  /// Of what was held beyond a hole the sender has been told, so that it does not repeat it. What gets
  /// lost of that on the way to the receiver is missed by nobody else.
  mutating func repeatForSender(limit: Int) -> Stretch? {
    guard duplicates == 3, acknowledged < promised, received < left else { return nil }
    return Stretch(range: received..<min(received &+ Int64(limit), left), isLate: true)
  }

  private mutating func note(_ stretch: Stretch) {
    left = max(left, stretch.range.upperBound)
    if stretch.hasEnd { hasEndLeft = true }
  }
}
