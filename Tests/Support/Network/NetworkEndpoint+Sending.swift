import Injection
import Wire

extension NetworkEndpoint {
  /// One behind the FIN, if there is to be one.
  private var end: Int64 { Int64(stream.count) + (hasClosed ? 1 : 0) }

  /// Sends what the windows have room for.
  func pump(at now: Int64) {
    guard isEstablished, !hasReset else { return }
    let size = Int64(segmentSize)
    while next < end {
      let room = min(sendEdge, unacknowledged + Int64(congestionWindow)) - next
      let rest = Int64(stream.count) - next
      guard room > 0 else { break }
      let count = max(min(size, rest, room), 0)
      // Small pieces wait while something is under way (RFC 9293 §3.8.6.2.1).
      if count < min(size, rest), next > unacknowledged { break }
      let hasFIN = hasClosed && next + count == Int64(stream.count) && room > count
      guard count > 0 || hasFIN else { break }
      sendRange(next..<next + count, hasFIN: hasFIN, at: now)
      next += count + (hasFIN ? 1 : 0)
    }
    if next < end, next == unacknowledged, sendEdge <= next {
      if persistAt == nil { persistAt = now + persistInterval }
    } else {
      persistAt = nil
      persistInterval = 200_000
    }
    if unacknowledged < highest, retransmitAt == nil, persistAt == nil {
      retransmitAt = now + timeout
    }
    armKeepAlive(at: now)
  }

  private func sendRange(_ range: Range<Int64>, hasFIN: Bool, at now: Int64) {
    var flags: TCPFlags = .ack
    if range.upperBound == Int64(stream.count), !range.isEmpty { flags.insert(.psh) }
    if hasFIN { flags.insert(.fin) }
    var segment = segment(at: range.lowerBound, flags, at: now)
    segment.payload = Array(stream[Int(range.lowerBound)..<Int(range.upperBound)])
    let reaching = range.upperBound + (hasFIN ? 1 : 0)
    if range.lowerBound < highest {
      counts.retransmissions += 1
      repeated.append(range.lowerBound..<reaching)
      if let timed, timed.end > range.lowerBound { self.timed = nil }
    } else if timed == nil {
      timed = (reaching, now)
    }
    highest = max(highest, reaching)
    send(segment)
  }

  /// Sends again what begins at an offset, as far as the other end lacks it.
  private func resend(from offset: Int64, at now: Int64) {
    let limit = sacked.first { $0.lowerBound > offset }?.lowerBound ?? highest
    let upper = min(offset + Int64(segmentSize), limit, Int64(stream.count))
    let hasFIN = hasClosed && max(upper, offset) == Int64(stream.count) && highest > upper
    sendRange(offset..<max(upper, offset), hasFIN: hasFIN, at: now)
    retransmitAt = now + timeout
  }

  // MARK: Timers

  func timeOut(at now: Int64) {
    retransmitAt = nil
    counts.timeouts += 1
    timeout = min(timeout * 2, 20_000_000)
    guard isEstablished else {
      if hasSentSYN { sendSYN(at: now) }
      return
    }
    guard unacknowledged < highest else { return }
    threshold = max((Int(highest - unacknowledged)) / 2, 2 * segmentSize)
    congestionWindow = segmentSize
    (duplicates, recoveryEnd, timed) = (0, nil, nil)
    // The other end may have let go of what it reported (RFC 2018 §8).
    sacked = []
    next = max(unacknowledged, 0)
    if sendEdge <= next {
      // The window has gone: it is asked for with the first byte.
      resend(from: next, at: now)
    } else {
      pump(at: now)
    }
    retransmitAt = now + timeout
  }

  /// One byte that the window has no room for (RFC 9293 §3.8.6.1).
  func probe(at now: Int64) {
    persistAt = nil
    guard isEstablished, next < end, sendEdge <= next else {
      pump(at: now)
      return
    }
    counts.probes += 1
    let count: Int64 = next < Int64(stream.count) ? 1 : 0
    let wasHighest = highest
    sendRange(next..<next + count, hasFIN: count == 0, at: now)
    if wasHighest < highest { timed = nil }
    persistInterval = min(persistInterval * 2, 5_000_000)
    persistAt = now + persistInterval
  }

  func armKeepAlive(at now: Int64) {
    keepAliveAt = nil
    guard let interval = options.keepAlive, isEstablished, unacknowledged == highest, !hasClosed
    else { return }
    keepAliveAt = now + interval
  }

  func askWhetherAlive(at now: Int64) {
    keepAliveAt = nil
    guard unacknowledged == highest, !hasClosed, counts.keepAlives < 20 else { return }
    counts.keepAlives += 1
    awaitsKeepAlive = true
    var segment = segment(at: next - 1, .ack, at: now)
    if options.keepAliveHasByte { segment.payload = [0xEE] }
    send(segment)
    armKeepAlive(at: now)
  }

  // MARK: Acknowledgements

  func takeAcknowledgment(_ segment: StreamSegment, at now: Int64) {
    let offset = own.offset(segment.acknowledgment, near: max(unacknowledged, 0))
    guard offset <= highest else {
      complain("acknowledges \(offset), of \(highest) sent")
      return
    }
    if awaitsKeepAlive {
      awaitsKeepAlive = false
      counts.answeredKeepAlives += 1
    }
    takeWindow(segment, offset)
    takeBlocks(segment, offset)
    if offset > unacknowledged {
      advance(to: offset, segment, at: now)
    } else if offset == unacknowledged, segment.isPureAcknowledgment, unacknowledged < highest,
      segment.window == lastWindow
    {
      duplicates += 1
      if duplicates == 3, recoveryEnd == nil { enterRecovery(at: now) }
      if duplicates > 3, recoveryEnd != nil {
        congestionWindow += segmentSize
        resendNextHole(at: now)
      }
    }
    if offset >= unacknowledged { lastWindow = segment.window }
    pump(at: now)
  }

  private func takeWindow(_ segment: StreamSegment, _ offset: Int64) {
    guard offset >= unacknowledged else { return }
    let edge = offset + Int64(segment.window) << Int64(otherScale)
    // What is rounded to the unit of windows may go back by so much (RFC 7323 §2.4).
    if isStrict, edge <= sendEdge - Int64(1 << otherScale) {
      complain("the window's edge goes back from \(sendEdge) to \(edge)")
    }
    sendEdge = max(sendEdge, edge)
  }

  private func takeBlocks(_ segment: StreamSegment, _ offset: Int64) {
    if !segment.sackBlocks.isEmpty, !usesSACK { complain("blocks that were not agreed on") }
    for (index, block) in segment.sackBlocks.enumerated() {
      let start = own.offset(block.left, near: max(unacknowledged, 0))
      let upper = own.offset(block.right, near: max(unacknowledged, 0))
      guard start < upper, upper <= highest, start >= 0 else {
        complain("block \(start)..<\(upper) of \(highest) sent")
        continue
      }
      let isDuplicate =
        index == 0
        && (start < offset
          || segment.sackBlocks.dropFirst().contains { second in
            own.offset(second.left, near: start) <= start
              && own.offset(second.right, near: start) >= upper
          })
      if isDuplicate {
        counts.duplicatesReported += 1
        duplicateReports.append(start..<upper)
      } else if start >= offset {
        insert(start..<upper)
      } else {
        complain("block \(start)..<\(upper) below \(offset) that is no duplicate")
      }
    }
  }

  private func insert(_ block: Range<Int64>) {
    var merged = block
    sacked.removeAll { range in
      guard range.lowerBound <= merged.upperBound, merged.lowerBound <= range.upperBound else {
        return false
      }
      merged =
        min(range.lowerBound, merged.lowerBound)..<max(range.upperBound, merged.upperBound)
      return true
    }
    let index = sacked.firstIndex { $0.lowerBound > merged.lowerBound } ?? sacked.count
    sacked.insert(merged, at: index)
  }

  private func advance(to offset: Int64, _ segment: StreamSegment, at now: Int64) {
    measure(segment, offset, at: now)
    let count = Int(offset - unacknowledged)
    unacknowledged = offset
    next = max(next, offset)
    sacked.removeAll { $0.upperBound <= offset }
    retransmitAt = unacknowledged < highest ? now + timeout : nil
    if let end = recoveryEnd {
      if offset >= end {
        (recoveryEnd, duplicates) = (nil, 0)
        congestionWindow = max(threshold, 2 * segmentSize)
      } else {
        resent = max(resent, offset)
        resend(from: offset, at: now)
        resent = offset + Int64(segmentSize)
      }
      return
    }
    duplicates = 0
    congestionWindow +=
      congestionWindow < threshold
      ? min(count, segmentSize) : max(segmentSize * segmentSize / congestionWindow, 1)
  }

  private func enterRecovery(at now: Int64) {
    counts.fastRetransmissions += 1
    recoveryEnd = highest
    threshold = max(Int(highest - unacknowledged) / 2, 2 * segmentSize)
    congestionWindow = threshold + 3 * segmentSize
    resend(from: unacknowledged, at: now)
    resent = unacknowledged + Int64(segmentSize)
  }

  /// The next of what lies below reported blocks.
  private func resendNextHole(at now: Int64) {
    guard let last = sacked.last else { return }
    var offset = max(resent, unacknowledged)
    for range in sacked where range.contains(offset) { offset = range.upperBound }
    guard offset < last.lowerBound else { return }
    resend(from: offset, at: now)
    resent = offset + Int64(segmentSize)
  }

  /// RFC 6298 §2, with timestamps where there are any.
  private func measure(_ segment: StreamSegment, _ offset: Int64, at now: Int64) {
    var sample: Int64?
    if let timestamps = segment.timestamps, usesTimestamps {
      let past = Int32(bitPattern: timestamp(at: now) &- timestamps.echo)
      if past < 0 { complain("echoes a timestamp of the future") }
      sample = Int64(past) * 1000
    } else if let timed, offset >= timed.end {
      sample = now - timed.at
    }
    if let timed, offset >= timed.end { self.timed = nil }
    guard let sample else { return }
    if let smoothed {
      variation = (3 * variation + abs(smoothed - sample)) / 4
      self.smoothed = (7 * smoothed + sample) / 8
    } else {
      (smoothed, variation) = (sample, sample / 2)
    }
    timeout = min(max((smoothed ?? sample) + max(4 * variation, 10_000), 200_000), 20_000_000)
  }
}
