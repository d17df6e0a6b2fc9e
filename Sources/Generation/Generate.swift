public import Buffers

/// Writes a synthetic capture to `sink`: Ethernet frames with right checksums, times of microsecond
/// resolution that never go back, and TCP as two Linux hosts speak it (Timestamps echoed, windows
/// and acknowledgements in order, SYN to FIN).
///
/// `sink` is not finished: that is the caller's. Errors are those of the options
/// (`GenerationError`) and of the sink.
public func generate(
  _ workload: Workload, options: GenerationOptions = GenerationOptions(), into sink: any PacketSink
) throws -> GenerationResult {
  let plan = try Plan(workload, options)
  let writer = FrameWriter(plan, sink)
  switch workload {
  case .bulk:
    try interleave(plan, writer, alive: plan.connections) { BulkTransfer(plan, $0) }
  case .http:
    try interleave(plan, writer, alive: 700) { HTTPExchange(plan, $0) }
  case .adverse:
    try interleave(plan, writer, alive: 500) { AdverseTransfer(plan, $0) }
  case .many:
    var crowd = Crowd(plan)
    try crowd.run(writer)
  case .mail:
    try interleave(plan, writer, alive: 100) { MailExchange(plan, $0) }
  }
  return writer.result
}

extension CaptureInterface {
  /// The interface that generated frames are said to come from.
  public static let generated = CaptureInterface(linkType: .ethernet, resolution: .microseconds)
}
