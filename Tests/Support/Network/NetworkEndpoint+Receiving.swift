import Injection
import Wire

extension NetworkEndpoint {
  func receive(_ segment: StreamSegment, at now: Int64) {
    if hasReset { return }
    if segment.flags.contains(.rst) { return receiveReset(segment, at: now) }
    if segment.flags.contains(.syn) { return receiveSYN(segment, at: now) }
    guard knowsOther else { return complain("a segment before the opening") }
    guard isRecent(segment, at: now), isAcceptable(segment, at: now) else { return }
    if !isEstablished {
      guard segment.flags.contains(.ack),
        own.offset(segment.acknowledgment, near: 0) >= 0
      else { return }
      establish(at: now)
    }
    if segment.flags.contains(.ack) { takeAcknowledgment(segment, at: now) }
    takeText(segment, at: now)
  }

  /// RFC 5961 §3.2.
  private func receiveReset(_ segment: StreamSegment, at now: Int64) {
    if !expectsReset { complain("reset") }
    let start = other.offset(segment.sequence, near: receiveNext)
    let reached = receiveNext + (hasReceivedEnd ? 1 : 0)
    if start == reached {
      hasReset = true
      (retransmitAt, persistAt, delayedAt, readAt, keepAliveAt) = (nil, nil, nil, nil, nil)
    } else if start > reached, start < announcedEdge {
      acknowledge(at: now)
    }
  }

  private func receiveSYN(_ segment: StreamSegment, at now: Int64) {
    if knowsOther {
      // Again: the acknowledgement was lost.
      if isOriginator { acknowledge(at: now) } else if !isEstablished { sendSYN(at: now) }
      return
    }
    greet(segment, at: now)
    if isOriginator {
      guard segment.flags.contains(.ack) else { return complain("a SYN without ACK") }
      establish(at: now)
      acknowledge(at: now)
      pump(at: now)
    } else {
      sendSYN(at: now)
    }
  }

  private func establish(at now: Int64) {
    isEstablished = true
    (unacknowledged, next) = (0, 0)
    highest = max(highest, 0)
    retransmitAt = nil
    timeout = 1_000_000
    armKeepAlive(at: now)
    pump(at: now)
  }

  // MARK: Whether a segment counts

  /// RFC 7323 §5.3.
  private func isRecent(_ segment: StreamSegment, at now: Int64) -> Bool {
    guard usesTimestamps else { return true }
    guard let timestamps = segment.timestamps else {
      complain("a segment without timestamps")
      return false
    }
    guard Int32(bitPattern: timestamps.value &- recentTimestamp) >= 0 else {
      counts.staleTimestamps += 1
      acknowledge(at: now)
      return false
    }
    if other.offset(segment.sequence, near: receiveNext) <= lastAcknowledgmentSent {
      recentTimestamp = timestamps.value
    }
    return true
  }

  /// RFC 9293 §3.10.7.4.
  private func isAcceptable(_ segment: StreamSegment, at now: Int64) -> Bool {
    let start = other.offset(segment.sequence, near: receiveNext)
    let count = Int64(segment.payload.count) + (segment.flags.contains(.fin) ? 1 : 0)
    let limit = options.maximumSegmentSize - (segment.timestamps == nil ? 0 : 12)
    if segment.payload.count > limit { complain("\(segment.payload.count) bytes in a segment") }
    let reached = receiveNext + (hasReceivedEnd ? 1 : 0)
    let isInWindow =
      count == 0
      ? start >= reached && start <= max(announcedEdge, reached)
      : start < max(announcedEdge, reached + 1) && start + count > reached
    if start + count > announcedEdge, count > 1 {
      complain("\(start)..<\(start + count) beyond the window, which ends at \(announcedEdge)")
    }
    guard isInWindow, start < announcedEdge || count == 0 else {
      if count > 0, start + count <= reached, !segment.payload.isEmpty { checkOld(segment, start) }
      acknowledge(at: now)
      return false
    }
    return true
  }

  // MARK: Text

  /// Bytes that have come before are the same ever after.
  private func checkOld(_ segment: StreamSegment, _ start: Int64) {
    let known = Int64(received.count)
    let lower = max(start, 0)
    let upper = min(start + Int64(segment.payload.count), known)
    guard lower < upper else { return }
    let old = received[Int(lower)..<Int(upper)]
    let new = segment.payload[Int(lower - start)..<Int(upper - start)]
    // A keep-alive has a byte that is none.
    if old != new, segment.payload != [0xEE] { complain("other bytes at \(lower)..<\(upper)") }
    if usesSACK { duplicate = lower..<upper }
  }

  private func takeText(_ segment: StreamSegment, at now: Int64) {
    let start = other.offset(segment.sequence, near: receiveNext)
    let upper = start + Int64(segment.payload.count)
    if segment.flags.contains(.fin) {
      if let endAt, endAt != upper { complain("FIN at \(upper), which was at \(endAt)") }
      endAt = upper
    }
    if let endAt, upper > endAt, !segment.payload.isEmpty { complain("bytes behind the FIN") }
    guard !segment.payload.isEmpty || segment.flags.contains(.fin) else { return }
    checkOld(segment, start)
    checkBeyond(segment.payload, start)
    let hadHoles = !beyond.isEmpty
    if start > receiveNext {
      keepBeyond(segment.payload, start)
    } else if upper > receiveNext {
      deliver(segment.payload.dropFirst(Int(receiveNext - start)), at: now)
      while let first = beyond.first, first.start <= receiveNext {
        beyond.removeFirst()
        let old = Int(receiveNext - first.start)
        if old < first.bytes.count { deliver(first.bytes.dropFirst(old), at: now) }
      }
    }
    let hadEnd = hasReceivedEnd
    if let endAt, endAt == receiveNext { hasReceivedEnd = true }
    answer(
      isUrgent: hadHoles || start != receiveNext - Int64(segment.payload.count)
        || hasReceivedEnd != hadEnd || duplicate != nil, at: now)
  }

  private func deliver(_ bytes: ArraySlice<UInt8>, at now: Int64) {
    received += bytes
    receiveNext += Int64(bytes.count)
    if let reading = options.reading {
      if readAt == nil { readAt = now + reading.interval }
    } else {
      read = receiveNext
    }
  }

  private func checkBeyond(_ bytes: [UInt8], _ start: Int64) {
    for entry in beyond {
      let lower = max(entry.start, start)
      let upper = min(entry.start + Int64(entry.bytes.count), start + Int64(bytes.count))
      guard lower < upper else { continue }
      let old = entry.bytes[Int(lower - entry.start)..<Int(upper - entry.start)]
      if old != bytes[Int(lower - start)..<Int(upper - start)] {
        complain("other bytes at \(lower)..<\(upper), beyond a hole")
      }
      if lower == start, upper == start + Int64(bytes.count) { duplicate = lower..<upper }
    }
  }

  private func keepBeyond(_ bytes: [UInt8], _ start: Int64) {
    guard !bytes.isEmpty else { return }
    newestBeyond = start
    let index = beyond.firstIndex { $0.start > start } ?? beyond.count
    beyond.insert((start, bytes), at: index)
  }

  private func answer(isUrgent: Bool, at now: Int64) {
    owesAcknowledgment += 1
    if isUrgent || owesAcknowledgment > 1 || !options.delaysAcknowledgments {
      acknowledge(at: now)
    } else {
      delayedAt = now + 40_000
    }
  }

  func acknowledge(at now: Int64) {
    // Behind a byte beyond the window, the other end would not take it.
    send(segment(at: min(highest, max(sendEdge, unacknowledged, 0)), .ack, at: now))
  }

  // MARK: Window and blocks

  func window(isOpening: Bool) -> UInt16 {
    let room = Int64(options.receiveBuffer) - (receiveNext - read)
    let reached = receiveNext + (hasReceivedEnd ? 1 : 0)
    var edge = reached + max(room, 0)
    // A window opens by a segment or half the buffer at least (RFC 9293 §3.8.6.2.2).
    let step = min(Int64(options.receiveBuffer / 2), Int64(options.maximumSegmentSize))
    if edge < announcedEdge + step { edge = max(announcedEdge, reached) }
    let scale = isOpening ? 0 : ownScale
    let window = UInt16(clamping: (edge - reached) >> Int64(scale))
    announcedEdge = max(announcedEdge, reached + Int64(window) << Int64(scale))
    return window
  }

  func readSome(at now: Int64) {
    readAt = nil
    guard let reading = options.reading, read < receiveNext else { return }
    let before = announcedEdge
    read = min(read + Int64(reading.size), receiveNext)
    if read < receiveNext { readAt = now + reading.interval }
    let room = Int64(options.receiveBuffer) - (receiveNext - read)
    let step = min(Int64(options.receiveBuffer / 2), Int64(options.maximumSegmentSize))
    if receiveNext + room >= before + step, isEstablished { acknowledge(at: now) }
  }

  func blocks() -> [SACKBlock] {
    var ranges: [Range<Int64>] = []
    for entry in beyond {
      let end = entry.start + Int64(entry.bytes.count)
      if let last = ranges.last, last.upperBound >= entry.start {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, end)
      } else {
        ranges.append(entry.start..<end)
      }
    }
    if let newest = ranges.firstIndex(where: { $0.contains(newestBeyond) }) {
      ranges.insert(ranges.remove(at: newest), at: 0)
    }
    if let duplicate { ranges.insert(duplicate, at: 0) }
    duplicate = nil
    return ranges.prefix(usesTimestamps ? 3 : 4).map {
      SACKBlock(left: other.number($0.lowerBound), right: other.number($0.upperBound))
    }
  }
}
