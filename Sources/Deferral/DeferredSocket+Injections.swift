import Analysis
import Sockets

// Bytes that a link puts into a stream without any of it in hand.
extension DeferredSocket {
  /// Carries out what a link has put into the streams during a call.
  ///
  /// - Parameter stretch: what it was called for, which is not decided yet.
  func inject(
    before stretch: Stretch?, at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    guard !context.injections.isEmpty else { return }
    let injections = context.injections
    context.injections = []
    inject(injections, before: stretch, at: index, cause, &context)
  }

  func inject(
    _ injections: [Context.Injection], before stretch: Stretch?, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    for injection in injections where !isDropped {
      inject(injection, before: stretch, at: index, cause, &context)
    }
  }

  private func inject(
    _ injection: Context.Injection, before stretch: Stretch?, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    let direction = injection.direction
    var place: Stretch
    if let stretch, stretch.direction == direction {
      place = stretch
    } else {
      let socket = cause.socket ?? host.currentSocket()
      let source = boundary(direction, at: index, socket)
      place = Stretch(direction, at: source)
      for link in 0..<index { place.offset &+= nodes[link].growth[direction.index] }
    }
    place = place.emptied
    let verdictPlace = VerdictPlace(place, 0, link: index)
    if nodes[index].isObserving || isDatagrams {
      refuse(.edit([]), at: index)
      return
    }
    let edits = [Edit(0..<0, with: injection.bytes)]
    let noBytes: [UInt8] = []
    var obstacle = obstacle(to: edits, of: noBytes.span, place, cause)
    if obstacle == nil, fitting(edits, place).isEmpty { obstacle = .window }
    if let obstacle {
      cannot(.edit(edits), obstacle, verdictPlace, cause)
      return
    }
    noteInjection(injection.bytes.count, verdictPlace, direction, cause)
    if stage.configuration.isDryRun { return }
    var edited = place.edited(edits, of: 0)
    edited.isInjected = true
    passOn(injection.bytes.span, edited, from: index, cause, &context)
    nodes[index].growth[direction.index] &+= UInt64(injection.bytes.count)
  }

  private func noteInjection(
    _ count: Int, _ place: VerdictPlace, _ direction: Direction, _ cause: Cause
  ) {
    var place = place
    place.note.newLength = UInt64(count)
    let isDryRun = stage.configuration.isDryRun
    record(isDryRun ? "would_inject" : "inject", place, "analyzer", cause)
    countEdit(at: place.link)
    if isDryRun { return }
    injectedBytes[direction.index] &+= UInt64(count)
  }

  /// The offset of the stream behind all that a link has let go.
  private func boundary(
    _ direction: Direction, at index: Int, _ socket: SocketInfo
  ) -> UInt64 {
    var boundary = socket[direction].streamBytes &+ socket[direction].gapBytes
    for link in 0...index {
      boundary = min(boundary, nodes[link].firstWaiting(direction) ?? .max)
    }
    return boundary
  }
}
