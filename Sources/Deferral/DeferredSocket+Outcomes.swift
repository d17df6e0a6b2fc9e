import Analysis
import Sockets

// What becomes of data whose fate is not simply to go on.
extension DeferredSocket {
  /// A link threw, or let a chunk go: it has nothing more to do with the socket, and the policy decides
  /// about the bytes.
  func crash(
    _ error: any Error, _ bytes: Span<UInt8>, _ direction: Direction, _ offset: UInt64,
    at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    let place = VerdictPlace(
      VerdictNote(direction: direction, offset: offset, length: UInt64(bytes.count)), link: index)
    crash(error, place, cause, &context)
    pass(bytes, direction, offset, to: index + 1, cause, &context)
  }

  func crash(
    _ error: any Error, _ place: VerdictPlace, _ cause: Cause, _ context: inout Context
  ) {
    stage.counts.crashes += 1
    host.noteFailure(link: nodes[place.link].number, error)
    if stage.configuration.onCrash == .allow { remove(place.link, cause, &context) }
    follow(stage.configuration.onCrash, place, "crash", cause)
  }

  /// A link has no client to look at the socket.
  package func followNoClient(at link: Int) {
    host.noteNoClient(link: nodes[link].number)
    let place = VerdictPlace(link: link)
    if stage.configuration.onNoClient == .refuse {
      drop(place, "no_client", liveCause)
    } else {
      record("allow", place, "no_client", liveCause)
    }
  }

  /// A verdict that is not possible: what is done instead, or would be with `--dry-run`.
  func cannot(_ verdict: Verdict, _ place: VerdictPlace, _ cause: Cause) {
    if stage.configuration.isDryRun {
      var place = place
      place.note.newLength = verdict.newLength(of: place.note)
      record("would_" + verdict.action, place, "analyzer", cause)
      return
    }
    refuse(verdict, at: place.link)
    follow(stage.configuration.onRefusedEdit, place, "refused_" + verdict.action, cause)
  }

  func refuse(_ verdict: Verdict, at index: Int) {
    host.noteRefused(link: nodes[index].number, verdict)
  }

  func follow(
    _ policy: DeferralConfiguration.Policy, _ place: VerdictPlace, _ reason: String, _ cause: Cause
  ) {
    switch policy {
    case .allow: record("allow", place, reason, cause)
    case .drop: drop(place, reason, cause)
    }
  }

  func drop(_ place: VerdictPlace, _ reason: String, _ cause: Cause) {
    guard !isDropped else { return }
    record(stage.configuration.isDryRun ? "would_drop" : "drop", place, reason, cause)
    isDropped = true
    stage.counts.droppedFlows += 1
    for index in nodes.indices {
      for direction in Direction.allCases {
        if let peek = takePeek(direction, at: index) { countDropped(peek.bytes.count, direction) }
      }
    }
    let isWritten = stage.configuration.isDryRun
    packets?.drop(cause: cause.packet.ordinal) {
      host.decide(packet: $0, isWritten: $1 || isWritten)
    }
  }

  func countDropped(_ count: Int, _ direction: Direction) {
    droppedBytes[direction.index] &+= UInt64(count)
    stage.counts.droppedBytes &+= UInt64(count)
  }

  func record(
    _ action: String, _ place: VerdictPlace, _ reason: String, _ cause: Cause
  ) {
    let link = nodes[place.link].number
    host.enter(link: link, packet: cause.packet, step: cause.step, socket: cause.socket)
    let packets = [cause.start?.ordinal, cause.packet.ordinal].compactMap(\.self)
    host.emit(
      place.note.record(action, analyzer: host.name(ofLink: link), reason: reason, packets: packets)
    )
  }

  /// Takes a link out of the chain; what it has peeked at goes on its way.
  func remove(_ index: Int, _ cause: Cause, _ context: inout Context) {
    nodes[index].remove()
    for direction in Direction.allCases {
      guard let peek = takePeek(direction, at: index) else { continue }
      pass(peek.bytes.span, direction, peek.offset, to: index + 1, cause, &context)
    }
    if !Direction.allCases.contains(where: isDecided) { releasePackets() }
  }
}

extension Verdict {
  /// The word for what it does to a flow or its bytes, as in the options of policies.
  fileprivate var action: String {
    switch self {
    case .dropFlow: "drop"
    case .resetFlow: "reset"
    default: name
    }
  }

  /// How many bytes it makes of those that it is about; `nil` where it is not about bytes.
  fileprivate func newLength(of note: VerdictNote) -> UInt64? {
    switch self {
    case .deny: 0
    case .edit(let edits), .editPrefix(let edits, _, _):
      edits.reduce(note.length) { $0 &+ UInt64($1.replacement.count) &- UInt64($1.range.count) }
    default: nil
    }
  }
}

/// Which bytes a verdict is about, and whose it is.
struct VerdictPlace {
  var note: VerdictNote
  /// Index of the link.
  var link: Int

  /// - Parameter note: `nil` for the whole flow.
  init(_ note: VerdictNote? = nil, link: Int) {
    self.note = note ?? VerdictNote()
    self.link = link
  }
}
