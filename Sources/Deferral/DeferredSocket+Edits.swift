import Analysis
import Sockets
import Wire

// Bytes that become others.
extension DeferredSocket {
  /// Carries out the edits of a verdict, or what is to be done where that is not possible.
  func edit(
    _ edits: [Edit], _ verdict: Verdict, _ bytes: Span<UInt8>, _ stretch: Stretch, at index: Int,
    _ reason: String, _ cause: Cause, _ context: inout Context
  ) {
    let place = VerdictPlace(stretch, bytes.count, link: index)
    if edits.isEmpty {
      passOn(bytes, stretch, from: index, cause, &context)
      return
    }
    var edits = edits
    if let obstacle = obstacle(to: edits, of: bytes, stretch, cause) {
      cannot(verdict, obstacle, place, cause)
      edits = []
    } else {
      let fitting = fitting(edits, stretch)
      if fitting.count < edits.count {
        cannot(verdict, .window, place, cause, edits: edits.count - fitting.count)
        edits = isDropped ? [] : fitting
      }
    }
    for edit in edits { note(edit, verdict, stretch, at: index, reason, cause) }
    if edits.isEmpty || stage.configuration.isDryRun {
      passOn(bytes, stretch, from: index, cause, &context)
      return
    }
    let edited = stretch.edited(edits, of: bytes.count)
    let new = [UInt8](copying: bytes, edits)
    let change = Int64(new.count) - Int64(bytes.count)
    passOn(new.span, edited, from: index, cause, &context)
    // What follows stands so much further on for the links behind this one.
    nodes[index].growth[stretch.direction.index] &+= UInt64(bitPattern: change)
  }

  /// Takes bytes out of the stream.
  func deny(
    _ bytes: Span<UInt8>, _ stretch: Stretch, at index: Int, _ reason: String, _ cause: Cause,
    _ context: inout Context
  ) {
    let edits = bytes.isEmpty ? [] : [Edit(0..<bytes.count, with: [])]
    edit(edits, .deny, bytes, stretch, at: index, reason, cause, &context)
  }

  /// The edits for which the receiver can have room. Each is decided by itself, so that the result does not
  /// depend on how the stream was cut into chunks.
  func fitting(_ edits: [Edit], _ stretch: Stretch) -> [Edit] {
    guard packets != nil else { return edits }
    let ends = edits.map(\.range.upperBound)
    let sources = stretch.sourceCounts(before: ends)
    var growth = 0
    var fitting: [Edit] = []
    for (edit, source) in zip(edits, sources) {
      let change = edit.replacement.count - edit.range.count
      // Earlier links have made the text in front of the edit longer by so much.
      let earlier = edit.range.upperBound - source
      guard
        change <= 0
          || packets?.element.hasWindow(
            for: growth + earlier + change,
            before: Int64(truncatingIfNeeded: stretch.source) &+ Int64(source), stretch.direction)
            != false
      else { continue }
      growth += change
      fitting.append(edit)
    }
    return fitting
  }

  private func note(
    _ edit: Edit, _ verdict: Verdict, _ stretch: Stretch, at index: Int, _ reason: String,
    _ cause: Cause
  ) {
    let offset = stretch.offset &+ UInt64(edit.range.lowerBound)
    var note = VerdictNote(
      direction: stretch.direction, offset: offset, length: UInt64(edit.range.count))
    note.newLength = UInt64(edit.replacement.count)
    let action = verdict == .deny ? "deny" : "edit"
    let isDryRun = stage.configuration.isDryRun
    record(isDryRun ? "would_" + action : action, VerdictPlace(note, link: index), reason, cause)
    countEdit(at: index)
    if isDryRun { return }
    injectedBytes[stretch.direction.index] &+= UInt64(edit.replacement.count)
    deniedBytes[stretch.direction.index] &+= UInt64(edit.range.count)
  }

  /// An edit is carried out, or would be with `--dry-run`.
  func countEdit(at index: Int) {
    host.noteEdit(link: nodes[index].number)
    if stage.configuration.isDryRun {
      stage.counts.wouldEdits += 1
    } else {
      stage.counts.edits += 1
    }
  }

  /// Why edits of some bytes cannot be carried out; `nil` where they can.
  ///
  /// Edits that keep the length move no other byte of the stream. So they are possible wherever the
  /// bytes were captured, unless the packets are signed.
  func obstacle(
    to edits: [Edit], of bytes: Span<UInt8>, _ stretch: Stretch, _ cause: Cause
  ) -> EditObstacle? {
    guard let change = LengthChange(of: edits, within: bytes.count) else { return .range }
    if isDatagrams {
      if bytes.count + change.total > 65_507 { return .size }
      // Its lengths and checksums are unknown here, so they would stay as they were.
      if unsafe bytes.bytes.enclosesIPPacket { return .tunnel }
    } else {
      let socket = cause.socket ?? host.currentSocket()
      if let obstacle = socket.editObstacle, obstacle.isSignature || !change.isNone {
        return obstacle
      }
    }
    guard packets != nil else { return nil }
    let start = Int64(truncatingIfNeeded: stretch.source)
    let range = start..<start &+ Int64(stretch.sourceCount(of: bytes.count))
    if let obstacle = packets?.element.obstacle(stretch.direction, range, change) {
      return obstacle
    }
    // What is acknowledged by now must not depend on when the answer came.
    packets?.element.settle(by: cause.packet.ordinal &- 1) { decide($0, $1, $2) }
    let room = edits.reduce(0) { $0 + $1.replacement.count }
    let cost = room + edits.count * DeferralConfiguration.editCost
    if cost > stage.configuration.editBytesPerPacket { return .budget }
    if stage.isShortOfEdits(shard) { return .budget }
    if !isDatagrams, !isCounted, stage.isShortOfDepartures(shard) { return .budget }
    return packets?.element.hasRoom(for: room, stretch.direction) == false ? .budget : nil
  }
}

/// By how much some edits change the length of the bytes around them.
struct LengthChange {
  /// Of all edits together.
  private(set) var total = 0
  /// Whether each edit puts in as many bytes as it takes out.
  private(set) var isNone = true

  /// `nil` where the edits are not in order, or not all within `count` bytes.
  init?(of edits: [Edit], within count: Int) {
    var end = 0
    for edit in edits {
      guard edit.range.lowerBound >= end, edit.range.upperBound <= count else { return nil }
      end = edit.range.upperBound
      let change = edit.replacement.count - edit.range.count
      total += change
      if change != 0 { isNone = false }
    }
  }
}

extension [UInt8] {
  /// A copy with some ranges replaced, which are in order and in bounds.
  fileprivate init(copying bytes: Span<UInt8>, _ edits: [Edit]) {
    self = []
    reserveCapacity(edits.reduce(bytes.count) { $0 + $1.replacement.count - $1.range.count })
    var place = 0
    for edit in edits {
      append(copying: bytes.extracting(place..<edit.range.lowerBound))
      self += edit.replacement
      place = edit.range.upperBound
    }
    append(copying: bytes.extracting(place..<bytes.count))
  }
}
