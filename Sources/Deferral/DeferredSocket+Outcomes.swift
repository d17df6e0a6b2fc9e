import Analysis
import Injection
import Sockets

// What becomes of data whose fate is not simply to go on.
extension DeferredSocket {
  /// A link threw, or let a chunk go: it has nothing more to do with the socket, and the policy decides
  /// about the bytes.
  func crash(
    _ error: any Error, _ bytes: Span<UInt8>, _ stretch: Stretch, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    noteCrash(error, at: index)
    follow(stage.configuration.onCrash, "crash", bytes, stretch, at: index, cause, &context)
    if !stage.configuration.onCrash.endsFlow { remove(index, cause, &context) }
  }

  func crash(
    _ error: any Error, _ place: VerdictPlace, _ cause: Cause, _ context: inout Context
  ) {
    noteCrash(error, at: place.link)
    follow(stage.configuration.onCrash, place, "crash", cause)
    if !stage.configuration.onCrash.endsFlow { remove(place.link, cause, &context) }
  }

  private func noteCrash(_ error: any Error, at index: Int) {
    stage.counts.crashes += 1
    host.noteFailure(link: nodes[index].number, error)
  }

  /// A link has no client to look at the socket.
  package func followNoClient(at link: Int) {
    host.noteNoClient(link: nodes[link].number)
    let place = VerdictPlace(link: link)
    if stage.configuration.onNoClient == .refuse {
      end(.drop, place, "no_client", liveCause)
    } else {
      record("allow", place, "no_client", liveCause)
    }
  }

  /// An edit that is not possible: what is done instead, or would be with `--dry-run`.
  ///
  /// - Parameter edits: how many edits of the verdict that are; `nil` for all.
  func cannot(
    _ verdict: Verdict, _ obstacle: EditObstacle, _ place: VerdictPlace, _ cause: Cause,
    edits: Int? = nil
  ) {
    host.noteRefused(link: nodes[place.link].number, obstacle, edits: edits ?? verdict.editCount)
    var place = place
    place.note.refusal = obstacle.name
    follow(stage.configuration.onRefusedEdit, place, "refused_" + verdict.action, cause)
  }

  func refuse(_ verdict: Verdict, at index: Int) {
    host.noteRefused(link: nodes[index].number, verdict)
  }

  /// Does what a policy says about bytes, which go on from a link.
  func follow(
    _ policy: DeferralConfiguration.Policy, _ reason: String, _ bytes: Span<UInt8>,
    _ stretch: Stretch, at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    if policy == .deny {
      deny(bytes, stretch, at: index, reason, cause, &context)
      return
    }
    follow(policy, VerdictPlace(stretch, bytes.count, link: index), reason, cause)
    passOn(bytes, stretch, from: index, cause, &context)
  }

  func follow(
    _ policy: DeferralConfiguration.Policy, _ place: VerdictPlace, _ reason: String, _ cause: Cause
  ) {
    switch policy {
    // Where there are no bytes none can be denied.
    case .allow, .deny: record("allow", place, reason, cause)
    case .drop: end(.drop, place, reason, cause)
    case .reset: end(.reset, place, reason, cause)
    }
  }

  /// How a flow is ended from its first undecided byte on.
  enum FlowEnd { case drop, reset }

  func end(_ end: FlowEnd, _ place: VerdictPlace, _ reason: String, _ cause: Cause) {
    guard !isDropped else { return }
    let action = end == .reset ? "reset" : "drop"
    let isDryRun = stage.configuration.isDryRun
    record(isDryRun ? "would_" + action : action, place, reason, cause)
    isDropped = true
    stage.counts.droppedFlows += 1
    for index in nodes.indices {
      for direction in Direction.allCases {
        if let peek = takePeek(direction, at: index) { countDropped(peek.bytes.count, direction) }
      }
    }
    packets?.element.drop(cause: cause.packet.ordinal, resets: end == .reset && !isDryRun) {
      decide($0, isDryRun ? .written : $1, $2)
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
      passOn(peek.bytes.span, peek.stretch, from: index, cause, &context)
    }
    releaseUndecided()
  }
}

extension Verdict {
  /// The word for it in what is said of a refusal.
  fileprivate var action: String { self == .deny ? "deny" : "edit" }

  /// How many ranges it changes.
  fileprivate var editCount: Int {
    switch self {
    case .edit(let edits), .editPrefix(let edits, _, _): edits.count
    default: 1
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

  /// - Parameter count: how many bytes.
  init(_ stretch: Stretch, _ count: Int, link: Int) {
    note = VerdictNote(
      direction: stretch.direction, offset: stretch.offset, length: UInt64(count))
    self.link = link
  }
}
