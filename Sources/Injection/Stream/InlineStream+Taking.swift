import Wire

extension InlineStream {
  /// What is to leave for the receiver because of a segment.
  struct Stretch {
    /// In R.
    var range: Range<Int64>
    /// Whether the FIN is behind it.
    var hasEnd = false
    /// Whose flags it has; `nil` for one that no segment was the cause of.
    var segment: StreamSegment?
    /// Whether it is that segment with its own payload.
    var isWhole = false
    /// Whether it was held, so that its sender may have said something newer since.
    var isLate = false
    /// Whether the sender repeats it.
    var isRepeated = false
    /// Behind the urgent byte.
    var urgentEnd: Int64?
  }

  /// What came of a segment.
  struct Taking {
    var stretches: [Stretch] = []
    /// The receiver has all of it and will not say so again unless asked.
    var needsAnswer = false
    var isBeyondHole = false
  }

  /// Takes a segment with data or a FIN.
  mutating func take(
    _ segment: StreamSegment, decide: (StreamChunk) -> StreamDecision
  ) -> Taking {
    guard let numbering else { return Taking() }
    var segment = segment
    let start = numbering.offset(segment.sequence, near: sent)
    if let end { segment.cut(to: end &- start) }
    let reaching = start &+ Int64(segment.payload.count)
    guard isAnalyzed, reaching > begin || (segment.flags.contains(.fin) && reaching == begin) else {
      sent = max(sent, reaching)
      left = max(left, reaching &+ (segment.flags.contains(.fin) ? 1 : 0))
      return Taking(stretches: [
        Stretch(range: start..<reaching, segment: segment, isWhole: true)
      ])
    }
    if start < begin { return takeAcross(segment, start, decide: decide) }
    guard start <= max(edge, taken) else {
      counts.beyondWindow += 1
      return Taking()
    }
    sent = max(sent, reaching)
    let isNew = reaching > taken || (segment.flags.contains(.fin) && end == nil)
    var taking = Taking()
    if isNew, !hasRoom {
      counts.beyondBudget += 1
    } else if start > taken {
      keep(Waiting(start: start, segment: segment))
      taking.isBeyondHole = true
    } else if isNew {
      takeNew(segment, start, isLate: false, into: &taking, decide: decide)
      takeWaiting(into: &taking, decide: decide)
    } else {
      takeCopy(segment, start, into: &taking)
    }
    return taking
  }

  /// A segment that begins before the analysis and reaches into it goes as two.
  private mutating func takeAcross(
    _ segment: StreamSegment, _ start: Int64, decide: (StreamChunk) -> StreamDecision
  ) -> Taking {
    let (before, after) = segment.split(at: Int(begin &- start))
    var taking = take(before, decide: decide)
    let rest = take(after, decide: decide)
    taking.stretches += rest.stretches
    taking.isBeyondHole = rest.isBeyondHole
    return taking
  }

  /// Shows the new bytes of a segment, which go on from those before.
  private mutating func takeNew(
    _ segment: StreamSegment, _ start: Int64, isLate: Bool, into taking: inout Taking,
    decide: (StreamChunk) -> StreamDecision
  ) {
    let old = Int(taken &- start)
    let chunk = StreamChunk(
      offset: taken, bytes: Array(segment.payload.dropFirst(old)),
      endsStream: segment.flags.contains(.fin))
    taken = chunk.end
    if chunk.endsStream { end = taken }
    let decision = decide(chunk)
    if old > 0, decision == .hold || !undecided.isEmpty {
      takeCopy(segment.split(at: old).before, start, into: &taking)
    }
    let isHeld = isLate || !undecided.isEmpty || decision == .hold
    let entry = Undecided(segment: segment, chunk: chunk, decision: decision)
    undecided.append(entry)
    heldBytes += entry.cost
    taking.stretches += release(areLate: isHeld, from: isHeld ? nil : start)
  }

  /// Goes on with what lay beyond a hole.
  private mutating func takeWaiting(
    into taking: inout Taking, decide: (StreamChunk) -> StreamDecision
  ) {
    var count = 0
    while count < waiting.count, waiting[count].start <= taken {
      let entry = waiting[count]
      count += 1
      heldBytes -= entry.cost
      guard entry.end > taken || (entry.endsStream && end == nil) else { continue }
      takeNew(entry.segment, entry.start, isLate: true, into: &taking, decide: decide)
    }
    waiting.removeFirst(count)
    if waiting.isEmpty { owed = 0 }
  }

  // MARK: Decisions

  /// Says what becomes of a chunk that was held.
  mutating func decide(_ decision: StreamDecision, at offset: Int64) -> [Stretch] {
    guard let index = undecided.firstIndex(where: { $0.chunk.offset == offset }),
      undecided[index].decision == .hold
    else { return [] }
    undecided[index].decision = decision
    return release(areLate: true, from: nil)
  }

  /// Lets go of what is decided, in its order.
  ///
  /// - Parameter start: where the segment of the first one begins, if what it repeats goes with it.
  private mutating func release(areLate: Bool, from start: Int64?) -> [Stretch] {
    var stretches: [Stretch] = []
    var count = 0
    while count < undecided.count, undecided[count].decision != .hold {
      let entry = undecided[count]
      count += 1
      heldBytes -= entry.cost
      commit(entry)
      var segment = entry.segment
      let start = start ?? entry.chunk.offset
      if start == entry.chunk.offset {
        segment = segment.split(at: segment.payload.count - entry.chunk.bytes.count).after
      }
      stretches.append(stretch(of: segment, start..<entry.chunk.end, isLate: areLate))
    }
    undecided.removeFirst(count)
    return stretches
  }

  /// Makes what was decided of a chunk a part of R, for ever.
  private mutating func commit(_ entry: Undecided) {
    let chunk = entry.chunk
    var rest = 0
    for edit in edits(of: entry) {
      log.append(chunk.bytes[rest..<edit.range.lowerBound])
      log.append(edit.replacement)
      map.append(
        at: chunk.offset &+ Int64(edit.range.lowerBound), removing: Int64(edit.range.count),
        inserting: edit.replacement)
      rest = edit.range.upperBound
    }
    log.append(chunk.bytes[rest...])
    released = chunk.end
    if chunk.endsStream { isEndReleased = true }
  }

  private mutating func edits(of entry: Undecided) -> [StreamEdit] {
    guard case .edit(let edits) = entry.decision, !edits.isEmpty else { return [] }
    guard let prepared = entry.chunk.prepared(edits),
      !prepared.contains(where: { $0.range.contains(urgentByte(of: entry)) })
    else {
      counts.refusedEdits += 1
      return []
    }
    return prepared
  }

  /// Which byte of a chunk the urgent pointer of its segment means, as most hosts take it
  /// (RFC 6093 §2.1); -1 for none.
  private func urgentByte(of entry: Undecided) -> Int {
    let segment = entry.segment
    guard segment.flags.contains(.urg) else { return -1 }
    return Int(segment.urgentPointer) - 1 - (segment.payload.count - entry.chunk.bytes.count)
  }

  // MARK: Stretches

  /// What stands in R for a range of S that is decided.
  private func stretch(
    of segment: StreamSegment, _ range: Range<Int64>, isLate: Bool
  ) -> Stretch {
    let hasEnd = segment.flags.contains(.fin)
    let start = map.mapped(range.lowerBound)
    let upper = max(hasEnd ? log.end : map.mapped(range.upperBound), start)
    var stretch = Stretch(range: start..<upper, hasEnd: hasEnd, segment: segment, isLate: isLate)
    stretch.isWhole =
      !map.touches(range, includesEnd: hasEnd) && isLogged(segment.payload[...], at: start)
    if segment.flags.contains(.urg) {
      let mark = range.lowerBound &+ Int64(segment.urgentPointer)
      if mark <= released { stretch.urgentEnd = map.mapped(mark) }
    }
    return stretch
  }

  /// Whether bytes are those of the log, as far as it reaches back.
  private func isLogged(_ bytes: ArraySlice<UInt8>, at start: Int64) -> Bool {
    let gone = Int(clamping: min(max(log.start &- start, 0), Int64(bytes.count)))
    let known = start &+ Int64(gone)..<start &+ Int64(bytes.count)
    return known.isEmpty || known.upperBound <= log.end && log[known] == bytes.dropFirst(gone)
  }

  /// Goes through what a sender repeats, however it is cut now.
  private mutating func takeCopy(
    _ segment: StreamSegment, _ start: Int64, into taking: inout Taking
  ) {
    // Of bytes whose fate is open nothing is said.
    let reaching = start &+ Int64(segment.payload.count)
    let isOpen = reaching > released || (segment.flags.contains(.fin) && !isEndReleased)
    var segment = segment
    if isOpen { segment = segment.split(at: Int(max(released &- start, 0))).before }
    let range = start..<min(reaching, max(released, start))
    guard !range.isEmpty || segment.flags.contains(.fin) else { return }
    var stretch = stretch(of: segment, range, isLate: false)
    if !stretch.isWhole, !map.touches(range, includesEnd: stretch.hasEnd) {
      counts.conflictingCopies += 1
    }
    stretch.isRepeated = true
    guard !map.isIdentity || !stretch.isWhole else {
      taking.stretches.append(stretch)
      return
    }
    // Left out bytes in front of others that got lost: the sender would repeat these and not those.
    let told = acknowledgment(of: received)
    if told > acknowledged {
      acknowledge(removed: told)
      taking.needsAnswer = true
    }
    let needed = range.upperBound &+ (stretch.hasEnd ? 1 : 0)
    if acknowledged >= needed {
      taking.needsAnswer = true
    } else {
      taking.stretches.append(stretch)
    }
  }
}
